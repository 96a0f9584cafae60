"""Adjectives of countries in English: "Norwegian" said of a place means Norway.

Written by hand from common knowledge. An adjective that several countries share has the country that is meant
without a further word ("American": United States); one that names a whole region is left out.
"""

from __future__ import annotations

_LIST = """
Afghan=Afghanistan Albanian=Albania Algerian=Algeria Andorran=Andorra Angolan=Angola Argentine=Argentina
Argentinian=Argentina Armenian=Armenia Australian=Australia Austrian=Austria Azerbaijani=Azerbaijan
Bahamian=Bahamas Bahraini=Bahrain Bangladeshi=Bangladesh Barbadian=Barbados Belarusian=Belarus Belgian=Belgium
Belizean=Belize Beninese=Benin Bhutanese=Bhutan Bolivian=Bolivia Bosnian=Bosnia_and_Herzegovina
Brazilian=Brazil British=United_Kingdom Bruneian=Brunei Bulgarian=Bulgaria Burkinabe=Burkina_Faso
Burmese=Myanmar Burundian=Burundi Cambodian=Cambodia Cameroonian=Cameroon Canadian=Canada Chadian=Chad
Chilean=Chile Chinese=China Colombian=Colombia Congolese=Congo Croatian=Croatia Cuban=Cuba Cypriot=Cyprus
Czech=Czech_Republic Danish=Denmark Djiboutian=Djibouti Dutch=Netherlands Ecuadorian=Ecuador Egyptian=Egypt
Emirati=United_Arab_Emirates English=England Eritrean=Eritrea Estonian=Estonia Ethiopian=Ethiopia Fijian=Fiji
Finnish=Finland French=France Gabonese=Gabon Gambian=Gambia Georgian=Georgia German=Germany Ghanaian=Ghana
Greek=Greece Grenadian=Grenada Guatemalan=Guatemala Guinean=Guinea Guyanese=Guyana Haitian=Haiti
Honduran=Honduras Hungarian=Hungary Icelandic=Iceland Indian=India Indonesian=Indonesia Iranian=Iran Iraqi=Iraq
Irish=Ireland Israeli=Israel Italian=Italy Ivorian=Ivory_Coast Jamaican=Jamaica Japanese=Japan Jordanian=Jordan
Kazakh=Kazakhstan Kenyan=Kenya Kuwaiti=Kuwait Kyrgyz=Kyrgyzstan Laotian=Laos Latvian=Latvia Lebanese=Lebanon
Liberian=Liberia Libyan=Libya Lithuanian=Lithuania Luxembourgish=Luxembourg Macedonian=Macedonia
Malagasy=Madagascar Malawian=Malawi Malaysian=Malaysia Maldivian=Maldives Malian=Mali Maltese=Malta
Mauritanian=Mauritania Mauritian=Mauritius Mexican=Mexico Moldovan=Moldova Mongolian=Mongolia
Montenegrin=Montenegro Moroccan=Morocco Mozambican=Mozambique Namibian=Namibia Nepalese=Nepal Nepali=Nepal
Nicaraguan=Nicaragua Nigerian=Nigeria Nigerien=Niger Norwegian=Norway Omani=Oman Pakistani=Pakistan
Panamanian=Panama Paraguayan=Paraguay Peruvian=Peru Philippine=Philippines Filipino=Philippines Polish=Poland
Portuguese=Portugal Qatari=Qatar Romanian=Romania Russian=Russia Rwandan=Rwanda Salvadoran=El_Salvador
Samoan=Samoa Saudi=Saudi_Arabia Scottish=Scotland Senegalese=Senegal Serbian=Serbia Singaporean=Singapore
Slovak=Slovakia Slovenian=Slovenia Somali=Somalia Spanish=Spain Sudanese=Sudan Surinamese=Suriname
Swedish=Sweden Swiss=Switzerland Syrian=Syria Taiwanese=Taiwan Tajik=Tajikistan Tanzanian=Tanzania Thai=Thailand
Togolese=Togo Tongan=Tonga Tunisian=Tunisia Turkish=Turkey Turkmen=Turkmenistan Ugandan=Uganda
Ukrainian=Ukraine American=United_States Uruguayan=Uruguay Uzbek=Uzbekistan Venezuelan=Venezuela
Vietnamese=Vietnam Welsh=Wales Yemeni=Yemen Zambian=Zambia Zimbabwean=Zimbabwe Soviet=Soviet_Union
Yugoslav=Yugoslavia European=Europe African=Africa Asian=Asia
"""

COUNTRIES = {a: b.replace("_", " ") for a, b in (pair.split("=") for pair in _LIST.split())}

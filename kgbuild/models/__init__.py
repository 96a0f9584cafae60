"""Models by name: found in a folder or the hub's cache, loaded once a process, run in batches on a device.

Left of all stages: extractors, encoders and queries load theirs through ``loading.load`` and run them through
``devices.batches``. Nothing is loaded, imported or asked for as long as no model is named.
"""

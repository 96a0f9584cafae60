"""Prefect flows over the stage functions of kgbuild. Installed as ``kgbuild_flows``."""

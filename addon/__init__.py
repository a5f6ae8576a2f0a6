# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien: recorded speech and a chosen emotion become facial
animation. Registers the extension, nothing else."""


def register() -> None:
    import bpy

    from . import operators, panels, preferences, properties, pump

    for cls in _classes(operators, panels, preferences, properties):
        bpy.utils.register_class(cls)
    properties.register()
    pump.register()
    panels.register()


def unregister() -> None:
    import bpy

    from . import operators, panels, preferences, properties, pump

    panels.unregister()
    pump.unregister()
    properties.unregister()
    for cls in reversed(_classes(operators, panels, preferences, properties)):
        bpy.utils.unregister_class(cls)


def _classes(operators, panels, preferences, properties) -> tuple[type, ...]:
    return (preferences.MIEN_AP_preferences, *properties.CLASSES, *operators.CLASSES, *panels.CLASSES)

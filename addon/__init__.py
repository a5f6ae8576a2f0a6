# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien: recorded speech and a chosen emotion become facial
animation. Registers the extension, nothing else."""


def register() -> None:
    import bpy

    from . import backend_panel, binding_run, commands, driving_properties, following, panels, preferences, properties, pump

    for cls in _classes():
        bpy.utils.register_class(cls)
    preferences.register()
    properties.register()
    driving_properties.register()
    following.register()
    pump.register()
    backend_panel.register()
    binding_run.register()
    panels.register()
    commands.register()


def unregister() -> None:
    import bpy

    from . import backend_panel, binding_run, commands, driving_properties, following, panels, preferences, properties, pump

    commands.unregister()
    panels.unregister()
    binding_run.unregister()
    backend_panel.unregister()
    pump.unregister()
    following.unregister()
    driving_properties.unregister()
    properties.unregister()
    preferences.unregister()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _classes() -> list[type]:
    """Every class that Blender must know, what others refer to first."""
    from . import (
        backend_panel,
        binding_panel,
        curve_operators,
        driving_panel,
        driving_properties,
        generate,
        line_operators,
        operators,
        panels,
        preferences,
        properties,
    )

    data = (preferences, properties, driving_properties)
    buttons = (operators, line_operators, generate, curve_operators)
    sidebar = (panels, driving_panel, binding_panel, backend_panel)
    return [cls for module in (*data, *buttons, *sidebar) for cls in module.CLASSES]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien: recorded speech and a chosen emotion become facial
animation. Registers the extension, nothing else."""


def register() -> None:
    import bpy

    for cls in _classes():
        bpy.utils.register_class(cls)
    for module in _modules():
        module.register()


def unregister() -> None:
    import bpy

    for module in reversed(_modules()):
        module.unregister()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _modules() -> tuple:
    """What has more to register than classes, what others build on first."""
    from . import (
        backend_panel,
        batch_panel,
        binding_run,
        commands,
        driving_properties,
        following,
        preferences,
        properties,
        pump,
        search_menu,
        versions,
    )

    data = (preferences, properties, driving_properties)
    return (*data, versions, following, pump, backend_panel, binding_run, search_menu, batch_panel, commands)


def _classes() -> list[type]:
    """Every class that Blender must know, what others refer to first."""
    from . import (
        backend_panel,
        batch_panel,
        binding_panel,
        closer_operators,
        closer_panel,
        curve_operators,
        driving_panel,
        driving_properties,
        generate,
        line_operators,
        line_panels,
        operators,
        panels,
        performance_panels,
        performance_properties,
        preferences,
        presets,
        properties,
        search_menu,
    )

    data = (preferences, performance_properties, properties, driving_properties)
    buttons = (operators, line_operators, generate, curve_operators, closer_operators, presets, search_menu)
    of_speaker = (panels, line_panels, performance_panels, closer_panel)
    sidebar = (*of_speaker, driving_panel, binding_panel, batch_panel, backend_panel)
    return [cls for module in (*data, *buttons, *sidebar) for cls in module.CLASSES]

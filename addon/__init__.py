# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien: facial animation from recorded speech and an emotion. This module registers the extension, nothing else."""


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
    """The modules that register more than classes, in the order of their dependencies."""
    from .batch import command_line
    from .binding import run
    from .connection import preferences
    from .generation import runner
    from .scene import driving_properties, migration, properties, strip_sync
    from .ui import backend_panel, batch_panel, search_menu
    from .video import run as film_run

    data = (preferences, properties, driving_properties)
    return (*data, migration, strip_sync, runner, backend_panel, run, film_run, search_menu, batch_panel, command_line)


def _classes() -> list[type]:
    """Every class that Blender must know, in the order of their dependencies."""
    from .connection import preferences
    from .scene import direction_properties, driving_properties, properties
    from .ui import (
        backend_panel,
        batch_panel,
        binding_panel,
        curve_operators,
        direction_panels,
        driving_panel,
        engine_options_operators,
        engine_options_panel,
        generate_operators,
        landmark_operators,
        line_operators,
        line_panels,
        main_panel,
        operators,
        presets,
        search_menu,
        video_operators,
    )
    from .ui.characters import operators as character_operators
    from .ui.characters import panel as character_panel
    from .ui.films import operators as film_operators
    from .ui.films import panel as film_panel
    from .ui.timeline import emotion_suggestion, idle_panel, recorded_take, words_panel

    data = (preferences, direction_properties, properties, driving_properties)
    buttons = (
        operators,
        line_operators,
        character_operators,
        generate_operators,
        video_operators,
        recorded_take,
        film_operators,
        curve_operators,
        engine_options_operators,
        emotion_suggestion,
        presets,
        search_menu,
    )
    line_parts = (line_panels, words_panel, idle_panel)
    speaker_panels = (main_panel, character_panel, *line_parts, landmark_operators, direction_panels)
    tabs = (engine_options_panel, driving_panel, binding_panel, film_panel, batch_panel, backend_panel)
    return [cls for module in (*data, *buttons, *speaker_panels, *tabs) for cls in module.CLASSES]

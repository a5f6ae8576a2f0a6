# SPDX-License-Identifier: GPL-3.0-or-later
"""A button that is greyed out says why."""


class Reasoned:
    """Mix-in of an operator: `disabled_reason` says why it cannot work now, '' when it can. The sentence
    becomes the tooltip of the greyed-out button."""

    @classmethod
    def disabled_reason(cls, context) -> str:
        return ""

    @classmethod
    def poll(cls, context):
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

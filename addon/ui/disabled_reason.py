# SPDX-License-Identifier: GPL-3.0-or-later
"""The reason in the tooltip of a greyed-out button."""


class DisabledReason:
    """Mix-in of operators: `disabled_reason` is why the operator cannot run now, without a full stop, '' when it can.
    It becomes the tooltip of the greyed-out button."""

    @classmethod
    def disabled_reason(cls, context) -> str:
        return ""

    @classmethod
    def poll(cls, context):
        reason = cls.disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

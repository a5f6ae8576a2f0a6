# SPDX-License-Identifier: GPL-3.0-or-later
import json

from mien.doctor.diagnostics import FAIL, WARN, Diagnostic, healthy, report, to_json


def test_a_failure_makes_it_unhealthy_and_a_warning_does_not() -> None:
    good, odd, bad = (
        Diagnostic("a", "fine"),
        Diagnostic("b", "odd", WARN, "Look."),
        Diagnostic("long", "no", FAIL, "Mend."),
    )
    assert healthy([good, odd]) and not healthy([good, bad])
    assert report([good]).splitlines() == ["ok    a  fine", "Mien can work here."]
    assert report([good, odd, bad]).splitlines() == [
        "ok    a     fine",
        "warn  b     odd",
        "            -> Look.",
        "fail  long  no",
        "            -> Mend.",
        "1 of 3 checks failed; what to do stands below each.",
    ]
    assert "1 of 2 checks warned" in report([good, odd])
    parsed = json.loads(to_json([good, bad]))
    assert parsed["healthy"] is False
    assert parsed["findings"][1] == {"asked": "long", "found": "no", "level": "fail", "advice": "Mend."}


def test_a_long_result_is_folded_and_none_of_it_lost() -> None:
    names = " ".join(f"package-{i} 1.{i}" for i in range(20))
    lines = report([Diagnostic("packages", names)]).splitlines()[:-1]
    assert len(lines) > 3 and max(map(len, lines)) <= 6 + 10 + 80
    assert " ".join(" ".join(lines).split()) == f"ok packages {names}"

"""A small class that was marked by hand, for the tests of what is written from records."""

from __future__ import annotations

from dataclasses import replace

from harness.jobs.grade.exports import ClassResults
from harness.jobs.grade.record import JUDGED, ComputedEquation, Deduction, FoundMistake, Part, Record

SHOW = frozenset({"points", "verdict", "place", "mistake", "conventions", "cases", "notes"})
HOSTILE_NAMES = (
    '=HYPERLINK("http://x.example","marks")',
    "../../etc/passwd",
    "..",
    ".hidden",
    "<script>alert('marks')</script>",
    'Zoë O\'Brien & Søn, "Jr"',
    "李小龍",
    "a\x00b\x1b[31m\r\n c",
    "bytes\udcff\udcfe",
    "@SUM(A1)",
    "{{ 7 * 7 }}",
    "x" * 5000,
    "aux",
    "👩‍🎓",
)
RIGHT = Record(
    student="Ada Lovelace",
    status=JUDGED,
    parts=(Part("forward pass", 4, 4), Part("δ", 3, 3), Part("∂C/∂W", 3, 3)),
    digest="d1",
    files=("ada.py",),
    verdict="agrees",
    ran=80,
    of=80,
)
WRONG = replace(
    RIGHT,
    student="Bob",
    parts=(Part("forward pass", 4, 4), Part("δ", 0, 3, "δ^1 is wrong in 62 of 80 cases."), Part("∂C/∂W", 2.5, 3)),
    files=("bob.py",),
    main="bob.py",
    verdict="wrong",
    deductions=(Deduction(1.5, "2 days late"),),
    place="δ^1, in case xor-2-3-1-sigmoid-batch4",
    mistake="sigma_prime_missing_in_hidden",
    sentence="The derivative of the hidden units is left out.",
    findings=(FoundMistake("sigma_prime_missing_in_hidden", "The derivative of the hidden units is left out."),),
    equations=(ComputedEquation("BP2", "δ^1 = δ^2 W^2", "δ^1 = (δ^2 W^2) ⊙ f'(z^1)", "hidden layers"),),
    group="g1",
    conventions=("REDUCTION = 'mean'",),
    notes=("The file was in a zip.",),
    days_late=2,
    report="bob.py: WRONG\n\nWorst error / rounding bound",
)
SAME_FORMULA = replace(WRONG, student="Carol", deductions=(), days_late=0, files=("carol.py",))
NOTHING = tuple(replace(part, points=0.0, why="There is nothing to judge.") for part in RIGHT.parts)
MISSING = Record(student="Dan", status="missing", parts=NOTHING, digest="d2")
FORBIDDEN = Record(student="Eve", status="forbidden", parts=NOTHING, digest="d3", sentence="Line 2 imports torch.")
SMALL = (RIGHT, WRONG, SAME_FORMULA, MISSING, FORBIDDEN)


def class_of(*records: Record, show: frozenset[str] = SHOW, title: str = "Backprop by hand") -> ClassResults:
    """The results of these records, sorted by student."""
    return ClassResults(title, show, tuple(sorted(records, key=lambda record: record.student)))


def hostile_class() -> ClassResults:
    """Wrong submissions whose students, and the texts of what they wrote, are hostile."""
    records = [
        replace(
            WRONG,
            student=name,
            notes=(name,),
            sentence=name,
            findings=(FoundMistake(name, name),),
            mistake=name,
            place=name,
            conventions=(name,),
            equations=(ComputedEquation(name, name, name, name),),
            group=name,
            report=name,
            parts=(Part(name, 1 / 3, 2, name), *WRONG.parts),
            deductions=(Deduction(0.1, name),),
        )
        for name in HOSTILE_NAMES
    ]
    return class_of(*SMALL, *records, title=HOSTILE_NAMES[0])


# What the record below has for each word that `show` may have.
SECRETS = {
    "points": {"WHY", "TAKEN"},
    "verdict": {"VERDICT"},
    "place": {"PLACE"},
    "mistake": {"MISTAKE", "SENTENCE"},
    "equations": {"LABEL", "YOURS", "WHERE"},
    "right": {"LABEL", "YOURS", "WHERE", "RIGHT"},
    "conventions": {"CONVENTION"},
    "cases": {"4711"},
    "notes": {"NOTE"},
    "report": {"REPORT"},
}
ALWAYS = {"3 days"}


def secret(student: str) -> Record:
    """A record with a word of its own in each field."""
    return Record(
        student,
        JUDGED,
        (Part("p", 1, 4, f"WHY {student}"),),
        "d",
        verdict="VERDICT",
        deductions=(Deduction(0.5, "TAKEN"),),
        place="PLACE",
        mistake="MISTAKE",
        sentence="SENTENCE",
        findings=(FoundMistake("MISTAKE", "SENTENCE"),),
        equations=(ComputedEquation("LABEL", "YOURS", "RIGHT", "WHERE"),),
        group="GROUP",
        ran=4711,
        of=4713,
        conventions=("CONVENTION",),
        notes=("NOTE",),
        days_late=3,
        report="REPORT",
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences of the corpus in twenty languages, ordered so that rare letters come early and often.

Each language has one file, `sentences/<language>.txt`, written for Mien. A line is a sentence or a template; `{slot}`
stands for any one of the words of a line `slot = this | that | another`, and those may hold slots themselves. Slots of
one template never repeat a word. Lines that start with # are comments. English also takes the examples of WordNet
where Debian's `wordnet-base` is installed, for more variety than templates have.
"""

from __future__ import annotations

import functools
import heapq
import random
import re
from pathlib import Path

from mien.training.speech_corpus.utterance import CorpusError

LANGUAGES = (
    "en", "es", "fr", "it", "pt", "hi", "ja", "zh", "ru", "cs",
    "fi", "ca", "de", "pl", "nl", "sv", "hu", "ro", "tr", "el",
)  # fmt: skip
FOLDER = Path(__file__).parent / "sentences"
WORDNET = Path("/usr/share/wordnet")  # where Debian's wordnet-base lies

ENOUGH = 1500  # sentences kept of a grammar
EXAMPLES = 8000  # sentences kept of WordNet
WORDS = (4, 16)  # about 2 to 9 s of speech
LETTERS = (8, 44)  # the same for scripts without spaces
SPACELESS = ("ja", "zh")
PLAIN = re.compile(r"[A-Za-z][a-z']*(?:,? [A-Za-z][a-z']*)*[.?!]?")  # an example that any voice can read

Slots = dict[str, list[str]]


@functools.cache
def sentences(language: str) -> tuple[str, ...]:
    """Distinct sentences of a language (ISO 639-1), always the same ones in the same order.

    CorpusError for a language that is none of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise CorpusError(f"There are no sentences in {language!r}; there are in {', '.join(LANGUAGES)}.")
    templates, slots = grammar((FOLDER / f"{language}.txt").read_text(encoding="utf-8"))
    chosen = balanced(expanded(language, templates, slots, 2 * ENOUGH), ENOUGH)
    if language == "en":
        templated = set(chosen)
        examples = [text for text in wordnet() if text not in templated]
        random.Random("en").shuffle(examples)
        # Templates repeat themselves; spread them thinly among the examples instead of putting them first.
        chosen = balanced([*chosen, *examples[: 2 * EXAMPLES]], ENOUGH // 2 + EXAMPLES) if examples else chosen
    return tuple(chosen)


def grammar(text: str) -> tuple[list[str], Slots]:
    """Templates, and the choices of each slot, of a sentence file. CorpusError for a slot without choices."""
    templates: list[str] = []
    slots: Slots = {}
    for line in text.splitlines():
        name, equals, choices = line.partition(" = ")
        if equals and name.isidentifier():
            slots.setdefault(name, []).extend(choice.strip() for choice in choices.split("|"))
        elif line.strip() and not line.startswith("#"):
            templates.append(line.strip())
    for line in (*templates, *(choice for choices in slots.values() for choice in choices)):
        for name in re.findall(r"{(.*?)}", line):
            if name not in slots:
                raise CorpusError(f"The line {line!r} asks for {{{name}}}, which no line of its file defines.")
    return templates, slots


def expanded(language: str, templates: list[str], slots: Slots, count: int) -> list[str]:
    """Up to `count` distinct sentences of fitting length, taken from all templates in turn."""
    rng = random.Random(language)
    texts: dict[str, None] = {}
    failures = dict.fromkeys(templates, 0)  # in a row: a template that gives nothing new 20 times is used up
    while failures and len(texts) < count:
        for template in list(failures):
            text = filled(template, slots, rng)
            if text in texts or not fits(language, text):
                failures[template] += 1
                if failures[template] == 20 or text == template:
                    del failures[template]
            else:
                texts[text] = None
                failures[template] = 0
    shuffled = list(texts)
    rng.shuffle(shuffled)
    return shuffled


def filled(template: str, slots: Slots, rng: random.Random) -> str:
    """A template with every slot chosen at random, no choice twice, and a capital where a sentence begins."""
    used: set[str] = set()

    def choice(match: re.Match[str]) -> str:
        choices = slots[match[1]]
        word = rng.choice([c for c in choices if c not in used] or choices)
        used.add(word)
        return word

    while "{" in template:
        template = re.sub(r"{(.*?)}", choice, template)
    return re.sub(r"(?:^|[.?!…] ?)[¿¡ ]*\w", lambda match: match[0].upper(), template)


def fits(language: str, text: str) -> bool:
    """Whether a sentence takes about 2 to 9 seconds to say."""
    if language in SPACELESS:
        return LETTERS[0] <= sum(c.isalpha() for c in text) <= LETTERS[1]
    return WORDS[0] <= len(text.split()) <= WORDS[1]


def balanced(texts: list[str], count: int) -> list[str]:
    """`count` of the texts in an order that brings rare pairs of letters first, and none much too often.

    Greedy: the next text is the one whose pairs have occurred least so far. The value of a text only falls as others
    are taken, so that an old value is an upper bound, and only the head of the heap needs a new one.
    """
    pairs = [[a + b for a, b in zip(f" {t.casefold()}", t.casefold(), strict=False)] for t in texts]
    share = {pair: 1.0 for text in pairs for pair in text}  # 1 / (1 + occurrences)

    def value_of(i: int) -> float:
        return sum(map(share.__getitem__, pairs[i])) / len(pairs[i])

    heap = [(-value_of(i), i) for i in range(len(texts))]
    heapq.heapify(heap)
    order: list[str] = []
    while heap and len(order) < count:
        value = -value_of(heap[0][1])
        if value > heap[0][0]:
            heapq.heapreplace(heap, (value, heap[0][1]))
            continue
        _, best = heapq.heappop(heap)
        order.append(texts[best])
        for pair in pairs[best]:
            share[pair] /= 1 + share[pair]  # 1/n becomes 1/(n + 1)
    return order


@functools.cache
def wordnet() -> tuple[str, ...]:
    """WordNet's example sentences that are plain words, with a capital and a full stop; () without it."""
    texts: dict[str, None] = {}
    for file in sorted(WORDNET.glob("data.*")):
        for example in re.findall(r'"(.*?)"', file.read_text(encoding="utf-8")):
            text = example.strip().rstrip(";,")
            if PLAIN.fullmatch(text) and fits("en", text):
                texts[text[:1].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")] = None
    return tuple(texts)

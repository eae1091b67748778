"""A generated corpus of spoken English commands and numbers: WAV files (16 kHz, mono, 16 bit), and a manifest
of JSON lines for each split.

The speech is synthetic, of a small formant synthesiser (`formant_voice`): no human has spoken it. Voices
differ in pitch, vocal tract, speed, breath and brightness, and each utterance in its times, its level and the
noise behind it. Voices and sentences of one split are in no other; all words are in training. It shows that
everything works, not how good a model is on real speech, which is far more diverse.
"""

from __future__ import annotations

import functools
import json
import pathlib
import random
import wave
from typing import TYPE_CHECKING

from keras_seq.samples.corpus import written

if TYPE_CHECKING:
    import numpy as np

    from keras_seq.samples.formant_voice import Voice

VERSION = 1  # in the folder's name; a change of the corpus counts it up
SEED = 32
SIZES = {"train": 1200, "validation": 100, "test": 150}
SUFFIX = ".jsonl"
VOICES = {"train": 24, "validation": 4, "test": 6}
NOISE_LEVELS = (40, 30, 20, 15)  # dB below the speech
LEVELS = (-18, -2)  # dB of the loudest sample below full scale
SILENCE = (0.05, 0.25)  # s, before and behind

# Words with their phones, as `formant_sounds` calls these: numbers, names, other words and things.
PRONUNCIATIONS = {
    word: phones
    for word, *phones in map(
        str.split,
        """
        zero z ih1 r ow, one w ah1 n, two t uw1, three th r iy1, four f ao1 r, five f ay1 v, six s ih1 k s,
        seven s eh1 v ax n, eight ey1 t, nine n ay1 n, ten t eh1 n, twelve t w eh1 l v, fifteen f ih f t iy1 n,
        twenty t w eh1 n t iy, thirty th er1 t iy, forty f ao1 r t iy, fifty f ih1 f t iy,
        sixty s ih1 k s t iy,
        anna ae1 n ax, ben b eh1 n, jack jh ae1 k, lucy l uw1 s iy, victor v ih1 k t er, zoe z ow1 iy,
        a ax, add ae1 d, an ax n, and ae n d, at ae t, by b ay, call k ao1 l, cancel k ae1 n s ax l,
        close k l ow1 z, degrees d ih g r iy1 z, dim d ih1 m, down d aw1 n, for f er, good g uh1 d,
        hello hh ax l ow1, hours aw1 er z, in ih n, is ih z, list l ih1 s t, lock l aa1 k, me m iy,
        message m eh1 s ih jh, messages m eh1 s ih jh ih z, minutes m ih1 n ax t s, my m ay, next n eh1 k s t,
        off ao1 f, on aa1 n, open ow1 p ax n, percent p er s eh1 n t, play p l ey1, please p l iy1 z,
        quiet k w ay1 ax t, read r iy1 d, seconds s eh1 k ax n d z, send s eh1 n d, set s eh1 t, show sh ow1,
        start s t aa1 r t, stop s t aa1 p, the dh ax, to t ax, turn t er1 n, up ah1 p, volume v aa1 l y uw m,
        wake w ey1 k, what w ah1 t,
        alarm ax l aa1 r m, bathroom b ae1 th r uw m, bedroom b eh1 d r uw m, bread b r eh1 d, door d ao1 r,
        eggs eh1 g z, fan f ae1 n, fish f ih1 sh, garden g aa1 r d ax n, gate g ey1 t, hall hh ao1 l,
        heater hh iy1 t er, jazz jh ae1 z, juice jh uw1 s, kitchen k ih1 ch ax n, lamp l ae1 m p,
        light l ay1 t, milk m ih1 l k, morning m ao1 r n ih ng, music m y uw1 z ih k, news n uw1 z,
        night n ay1 t, office ao1 f ih s, oil oy1 l, piano p iy ae1 n ow, radio r ey1 d iy ow, rice r ay1 s,
        rock r aa1 k, timer t ay1 m er, weather w eh1 dh er, window w ih1 n d ow
        """.split(","),
    )
}
SLOTS = {
    slot: words.split()
    for slot, words in {
        "digit": "zero one two three four five six seven eight nine",
        "ones": "one two three four five six seven eight nine",
        "tens": "twenty thirty forty fifty sixty",
        "number": "two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty sixty",
        "hour": "one two three four five six seven eight nine ten twelve",
        "part": "ten fifteen thirty forty",
        "unit": "minutes seconds hours",
        "switch": "on off",
        "way": "up down",
        "room": "kitchen bedroom bathroom garden office hall",
        "device": "light lamp fan heater radio",
        "shut": "open close lock",
        "entrance": "door window gate",
        "music": "music jazz rock piano",
        "name": "anna ben jack lucy victor zoe",
        "food": "milk eggs bread juice oil rice fish",
        "tell": "show read",
        "report": "news weather",
        "begin": "start stop cancel",
        "sound": "music radio timer alarm",
        "time": "morning night",
    }.items()
}
TEMPLATES = (
    "turn {switch} the {room} {device}",
    "turn the {room} {device} {switch}",
    "turn {switch} the {device} at {hour}",
    "turn the volume {way} to {number} percent",
    "set the timer for {number} {unit}",
    "set the timer for {tens} {ones} {unit}",
    "set the heater to {tens} {ones} degrees",
    "set an alarm for {hour} {part}",
    "wake me at {hour} {part}",
    "call {digit} {digit} {digit}",
    "call {digit} {digit} {digit} {digit}",
    "call {name} at {hour} {part}",
    "please call {name} at {hour}",
    "dim the {room} light by {tens} percent",
    "{shut} the {room} {entrance}",
    "play {music} in the {room}",
    "play quiet {music} for {name}",
    "add {food} and {food} to my list",
    "add {number} {food} to my list",
    "send a message to {name} and {name}",
    "what is {number} and {number}",
    "{tell} me the next {number} messages",
    "{tell} me the {report} at {hour} {part}",
    "{begin} the {sound} in the {room}",
    "good {time} {name} and {name}",
    "hello {name} and {name}",
)


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.jsonl`, `validation.jsonl`,
    `test.jsonl`, and a folder of WAV files beside each.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("spoken_commands", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a manifest for each split and a folder of sounds, the first of them, as many as `sizes` says.

    A line of a manifest has `audio_filepath`, relative to the manifest's folder, `duration` in seconds, `text`
    and `speaker`.
    """
    from keras_seq.samples.formant_voice import RATE

    for split, size in sizes.items():
        (folder / split).mkdir()
        lines = []
        for place, text in enumerate(sentences(split)[:size]):
            speaker, samples = utterance(split, place, text)
            path = f"{split}/{place + 1:04}.wav"
            _write_wav(folder / path, samples)
            row = {
                "audio_filepath": path,
                "duration": len(samples) / RATE,
                "text": text,
                "speaker": speaker.name,
            }
            lines.append(json.dumps(row) + "\n")
        (folder / f"{split}{SUFFIX}").write_text("".join(lines), encoding="utf-8")


def sentences(split: str) -> list[str]:
    """The sentences of a split, all distinct; none is in another split."""
    return _part(_sentences(sum(SIZES.values())), SIZES, split)


@functools.cache
def _sentences(size: int) -> list[str]:
    generator = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < size:
        found.setdefault(_sentence(generator.choice(TEMPLATES), generator))
    result = list(found)
    generator.shuffle(result)
    return result


def _sentence(template: str, generator: random.Random) -> str:
    words: list[str] = []
    for word in template.split():
        if word.startswith("{"):
            slot = word[1:-1]
            word = generator.choice([w for w in SLOTS[slot] if slot == "digit" or w not in words])
        words.append(word)
    return " ".join(words)


@functools.cache
def voices(split: str) -> list[Voice]:
    """The voices of a split; none is in another split."""
    from keras_seq.samples.formant_voice import Voice

    generator = random.Random(f"{SEED} voices")
    count = sum(VOICES.values())
    tracts = [-0.1 + 1.4 * place / (count - 1) for place in range(count)]  # from men to a little above women
    generator.shuffle(tracts)
    every = [
        Voice(
            name=f"voice_{number:02}",
            pitch=132 * (223 / 132) ** tract * generator.uniform(0.88, 1.14),  # Peterson and Barney's means
            tract=tract,
            speed=generator.uniform(0.85, 1.2),
            breath=generator.uniform(0.02, 0.15),
            brightness=generator.uniform(1500, 5000),
        )
        for number, tract in enumerate(tracts, 1)
    ]
    return _part(every, VOICES, split)


def _part(every: list, sizes: dict[str, int], split: str) -> list:
    before = list(sizes)[: list(sizes).index(split)]
    start = sum(sizes[name] for name in before)
    return every[start : start + sizes[split]]


def utterance(split: str, place: int, text: str) -> tuple[Voice, np.ndarray]:
    """A voice and its samples `(time,)`, int16, of the sentence at a place of a split."""
    import numpy as np

    from keras_seq.samples import formant_voice

    generator = random.Random(f"{SEED} {split} {place}")
    voice = generator.choice(voices(split))
    phones = [phone for word in text.split() for phone in PRONUNCIATIONS[word]]
    speech = formant_voice.speak(phones, voice, generator)
    loud = 10 ** (-generator.choice(NOISE_LEVELS) / 20) * np.sqrt(np.mean(speech**2))
    before, behind = (
        round(1000 * generator.uniform(*SILENCE)) * formant_voice.RATE // 1000 for _ in range(2)
    )
    samples = np.pad(speech, (before, behind))
    samples += loud * formant_voice.pink_noise(len(samples), generator)
    samples *= 10 ** (generator.uniform(*LEVELS) / 20) / np.max(np.abs(samples))
    return voice, np.round(samples * (2**15 - 1)).astype(np.int16)


def _write_wav(path: pathlib.Path, samples: np.ndarray) -> None:
    from keras_seq.samples.formant_voice import RATE

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())

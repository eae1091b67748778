"""Scores of letters -> what was said, word by word with times."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq import audio_files
from keras_seq.answers import sound_pictures, wav_edges
from keras_seq.answers.answering import Answering
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.answers.raw_inputs import as_strings
from keras_seq.answers.signatures import Signature
from keras_seq.answers.streaming import stream_signatures
from keras_seq.decoding import NO_HYPOTHESIS, LanguageModel, ctc
from keras_seq.decoding.ctc_search import NBest, beam_search
from keras_seq.formats import Answer, Example
from keras_seq.layers.ctc import CTCLoss
from keras_seq.layers.frame_convolution import subsampling
from keras_seq.pictures import Picture
from keras_seq.preprocessing.audio import HOP, RATE
from keras_seq.preprocessing.letters import SPACE, TranscriptLabels

Tensors = dict[str, tf.Tensor]


class Candidate(NamedTuple):
    """A transcript that a search met: its log-probability by the sound and by the language model, and its words."""

    text: str
    log_probability: float
    language: float
    words: int

    def score(self, language_weight: float, word_bonus: float) -> float:
        """What a search orders it by."""
        return self.log_probability + language_weight * self.language + word_bonus * self.words


@keras.saving.register_keras_serializable("keras_seq")
class Transcripts(keras.layers.Layer):
    """`samples` `(batch, time)` and `lengths` `(batch,)` of sounds -> what was said in them.

    `transcript` `(batch,)` string; `score` `(batch,)` float32, the probability of a letter, in the geometric mean
    over the transcript's letters; and of every word, padded on the right with "" and 0: `words` `(batch, words)`
    string, `starts` and `ends` in seconds and `word_scores` `(batch, words)` float32, the probability of its
    letters where they stand.

    Args:
        network: `samples` and `lengths` -> scores of letters, as `layers.ctc` has them.
        letters: of the transcripts.
        beam_width: prefixes followed at once; 1 takes the best path, without a language model.
        language_model: of words; None for none.
        language_weight: what its log-probabilities are multiplied by.
        word_bonus: added for every word.
    """

    def __init__(
        self,
        network: keras.Model,
        letters: TranscriptLabels,
        beam_width: int = 1,
        language_model: LanguageModel | None = None,
        language_weight: float = 0.0,
        word_bonus: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.network, self.letters, self.beam_width = network, letters, beam_width
        self.language_model, self.language_weight = language_model, language_weight
        self.word_bonus = word_bonus
        self.built = True

    def call(self, tensors: Tensors) -> Tensors:
        lengths = tensors["lengths"]
        scores = self.network({"samples": tensors["samples"], "lengths": lengths})
        labels = self.labels(scores)
        transcript = self.letters.texts(labels)
        align = ctc.align_greedy if self.beam_width == 1 else ctc.align
        first, last, confidence = align(scores, labels)
        begin, end, counts = ctc.word_places(labels, *self.letters.boundaries)
        step = HOP / RATE * subsampling(self.network)
        seconds = tf.cast(lengths, tf.float32)[:, None] / RATE
        real = tf.sequence_mask(counts, tf.shape(begin)[1])
        starts = tf.gather(first, begin, batch_dims=1)
        ends = tf.gather(last, end, batch_dims=1) + 1
        total = ctc.log_probability(scores, labels)
        num_letters = tf.reduce_sum(tf.cast(labels > 0, tf.float32), axis=1)
        return {
            "transcript": transcript,
            "score": tf.exp(total / tf.maximum(num_letters, 1.0)),
            "words": tf.strings.split(transcript, SPACE).to_tensor(""),
            "starts": tf.where(real, tf.cast(starts, tf.float32) * step, 0.0),
            "ends": tf.where(real, tf.minimum(tf.cast(ends, tf.float32) * step, seconds), 0.0),
            "word_scores": ctc.means_of_words(confidence, labels, *self.letters.boundaries),
        }

    def labels(self, scores: tf.Tensor) -> tf.Tensor:
        """Scores -> the labels of the best transcript, `(batch, labels)` int32."""
        if self.beam_width == 1:
            return ctc.greedy(scores)[0]
        return self.search(scores, 1).labels[:, 0]

    def search(self, scores: tf.Tensor, n_best: int) -> NBest:
        """The best transcripts of each row, best first."""
        weights = self.language_weight, self.word_bonus
        return beam_search(scores, self.beam_width, n_best, self.language_model, *weights)

    def compute_output_spec(self, tensors: Tensors) -> dict[str, keras.KerasTensor]:
        batch = tensors["lengths"].shape[0]
        found = {"transcript": "string", "score": "float32", "words": "string"}
        found |= dict.fromkeys(("starts", "ends", "word_scores"), "float32")
        one = ("transcript", "score")
        return {
            name: keras.KerasTensor((batch,) if name in one else (batch, None), dtype)
            for name, dtype in found.items()
        }

    def get_config(self) -> dict:
        parts = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("network", "letters", "language_model")
        }
        numbers = {name: getattr(self, name) for name in ("beam_width", "language_weight", "word_bonus")}
        return {**super().get_config(), **parts, **numbers}

    @classmethod
    def from_config(cls, config: dict) -> Transcripts:
        names = ("network", "letters", "language_model")
        return cls(**{**config, **{n: keras.saving.deserialize_keras_object(config[n]) for n in names}})


@keras.saving.register_keras_serializable("keras_seq")
class SpeechAnswering(Answering):
    """`Answering` with transcripts of WAV files.

    Example:
        >>> model = keras_seq.load("speech_to_text_an4")
        >>> model([pathlib.Path("yes.wav").read_bytes()])["transcript"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'YES'], dtype=object)>
    """

    takes_files = True

    @property
    def network(self) -> keras.Model:
        """The functional model from samples to scores of letters; see `Answering.network`."""
        return self.get_layer("answers").network

    @property
    def letters(self) -> TranscriptLabels:
        """The letters, or pieces, that transcripts are made of."""
        return self.get_layer("answers").letters

    def file_contents(self, raw: bytes) -> bytes:
        """The WAV file of a file in any format that is known."""
        return audio_files.as_wav(raw)

    def as_answered(self, truth: str) -> str:
        """A transcript in the case of the letters, with single spaces."""
        return self.letters.as_written(truth)

    def targets(self, transcripts) -> tf.Tensor:
        """Transcripts -> labels of their letters, `(batch, labels)` int32, padded with 0."""
        return self.letters(as_strings(transcripts, "transcript"))

    def truths(self, given, inputs=None) -> tf.Tensor:
        """Transcripts, in any form of strings -> `(batch,)` string; see `Trainable.truths`."""
        return as_strings(given, "transcript")

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """WAV files and transcripts, `(batch,)` string each -> samples and lengths, and labels."""
        return self.preprocess(inputs), self.letters(truths)

    def training_loss(self) -> tuple[Any, list]:
        """CTC, and no metric."""
        return CTCLoss(), []

    def signatures(self) -> dict[str, Signature]:
        """`serving_default`, and the three of a stream where the network does not look ahead."""
        return super().signatures() | stream_signatures(self.network, self.letters)

    def edge_inputs(self, examples: list[str | bytes]) -> EdgeInputs:
        """WAV files of every kind that is read, and of kinds that are not; see `Answering.edge_inputs`."""
        of_files = super().edge_inputs(examples)
        return of_files._replace(
            good=[*of_files.good, *wav_edges.good()], damaged=[*of_files.damaged, *wav_edges.damaged()]
        )

    def candidates(self, inputs: list[bytes]) -> list[list[Candidate]]:
        """The transcripts that a search meets for each WAV file, with the parts of their scores."""
        answers = self.get_layer("answers")

        def search(raw: tf.Tensor) -> tuple[tf.Tensor, ...]:
            found = answers.search(self.network(self.preprocess(raw)), answers.beam_width)
            shape = tf.shape(found.labels)
            texts = self.letters.texts(tf.reshape(found.labels, [-1, shape[2]]))
            parts = (found.log_probability, found.language, found.words, found.scores > NO_HYPOTHESIS)
            return tf.reshape(texts, shape[:2]), *parts

        graph = self._as_graph("candidates", search, [tf.TensorSpec([None], tf.string)])
        columns = [tensor.numpy().tolist() for tensor in graph(tf.constant(inputs))]
        return [
            [
                Candidate(text.decode(), *parts)
                for text, *parts, is_found in zip(*row, strict=True)
                if is_found
            ]
            for row in zip(*columns, strict=True)
        ]

    def readable(self, raw: Any, answer: Answer) -> dict[str, Any]:
        """One answer, with a row for each word."""
        columns = ("words", "starts", "ends", "word_scores")
        rows = zip(*(answer[name] for name in columns), strict=True)
        names = ("word", "start", "end", "score")
        words = [dict(zip(names, row, strict=True)) for row in rows if row[0]]
        return {**{name: value for name, value in answer.items() if name not in columns}, "words": words}

    def summary(self, answer: Answer) -> str:
        """One answer in a line."""
        return answer["transcript"] or "(nothing)"

    def pictures_of(self, examples: list[tuple[str, Example, str | bytes]]) -> list[Picture]:
        """The sounds of some examples, their spectrograms, the letters' path and the words."""
        return [self._picture(*one) for one in examples]

    def _picture(self, name: str, example: Example, raw: str | bytes) -> Picture:
        assert isinstance(raw, bytes)
        tensors = self.preprocess([raw])
        scores = self.network(tensors)[0].numpy()
        frames = self.network.get_layer("log_mel")(tensors["samples"], tensors["lengths"])[0][0].numpy()
        answer = {key: values.numpy().tolist()[0] for key, values in self([raw]).items()}
        words = [
            {**word, "word": word["word"].decode("utf-8", "replace")}
            for word in self.readable(raw, answer)["words"]
        ]
        letters = ["", *self.letters.names]
        heard = sound_pictures.Sound(frames, scores, letters, words, example.truths[0])
        return sound_pictures.picture(name, heard, raw)

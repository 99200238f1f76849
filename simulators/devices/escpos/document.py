"""A printed slip: the bytes that made it and the state that they started from, drawn only when somebody looks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from simulators.devices.escpos.canvas import Canvas, ImageCanvas, TextCanvas
from simulators.devices.escpos.commands import CommandParser
from simulators.devices.escpos.page import Page
from simulators.devices.escpos.state import Model, PrintState


@dataclass(frozen=True, slots=True)
class Document:
    """What was printed between two cuts. ``number`` counts the slips of one printer from 1; ``cut`` is false for paper
    that still hangs in the printer."""

    number: int
    model: Model
    state: PrintState = field(repr=False)
    raw: bytes = field(repr=False)
    cut: bool = True

    def text(self) -> str:
        """The slip as plain text: what stands where, without sizes and styles."""
        canvas = TextCanvas(self.model.font_a[0])
        self._draw(canvas)
        return canvas.text()

    def image(self) -> Image.Image:
        """The slip as a picture, one pixel for each dot."""
        canvas = ImageCanvas(self.model.dots)
        self._draw(canvas)
        return canvas.image()

    def _draw(self, canvas: Canvas) -> None:
        page, parser = Page(self.model, self.state.copy(), canvas), CommandParser()
        parser.push(self.raw)
        while (command := parser.pull()) is not None:
            page.run(command)
        if self.cut:
            page.finish_line()


def png_sink(folder: Path, name: str = "slip") -> Callable[[Document], None]:
    """Something that saves each document as ``folder/name-0001.png``, which takes it some hundredths of a second."""
    folder.mkdir(parents=True, exist_ok=True)

    def save(document: Document) -> None:
        unfinished = folder / f".{name}-{document.number:04d}.png"
        document.image().save(unfinished)
        # Whoever watches the folder sees whole pictures only.
        unfinished.rename(folder / f"{name}-{document.number:04d}.png")

    return save

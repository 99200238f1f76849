"""A receipt printer as the print queue sees it: a driver, its encoder, and what a document reads like."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from edge_node.peripherals.documents import PickSlip
from edge_node.peripherals.receipt_printer.driver import PrinterDriver
from edge_node.peripherals.receipt_printer.encoder import Encoder
from edge_node.peripherals.receipt_printer.jobs import Evidence, PrintBytes
from edge_node.peripherals.receipt_printer.jobs import PrintResult as DriverResult
from edge_node.ports import DeviceStatus, PrintOrder, PrintOutcome, PrintResult
from edge_node.printing.slips import SlipWriter
from retail.clock import Clock

log = structlog.get_logger(__name__)


class EscposPrinter:
    """:class:`edge_node.ports.Printer` over a started driver.

    ``make_driver`` is given the driver's listener for late proofs. ``make_encoder`` takes seconds the first time, so it
    runs in the printer's own thread, where all encoding is done. ``can_prove`` says whether the model answers for what
    it has printed.
    """

    def __init__(
        self,
        name: str,
        make_driver: Callable[[Callable[[bytes], None]], PrinterDriver],
        make_encoder: Callable[[], Encoder],
        writer: SlipWriter,
        clock: Clock,
        *,
        can_prove: bool,
    ) -> None:
        self.name = name
        self._driver = make_driver(self._proved_late)
        self._make_encoder, self._writer, self._clock, self._can_prove = make_encoder, writer, clock, can_prove
        self._encoder: Encoder | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"encode {name}")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._late_listener: Callable[[str], None] | None = None

    def start(self) -> None:
        """Start the driver, and make the encoder before the first sale needs it. Returns at once."""
        self._loop = asyncio.get_running_loop()
        self._driver.start()
        self._thread.submit(self._ready_encoder)

    def on_late_proof(self, listener: Callable[[str], None]) -> None:
        """Call ``listener(process_id)`` on the event loop for a proof whose order had ended as uncertain."""
        self._late_listener = listener

    async def print(self, order: PrintOrder) -> PrintResult:
        try:
            data = await asyncio.get_running_loop().run_in_executor(self._thread, self._encode, order)
            job = PrintBytes(order.process_id.encode("ascii"), data)
        except Exception as error:
            # A slip that cannot be encoded must not hold up the slips behind it: it ends where a person sees it.
            log.exception("a slip could not be encoded", printer=self.name)
            return PrintResult(PrintOutcome.UNCERTAIN, f"the slip cannot be printed: {type(error).__name__}")
        outcome = await asyncio.wrap_future(self._driver.submit(job))
        taken = outcome.evidence in (Evidence.PROCESSED, Evidence.SENT)
        if outcome.result is DriverResult.UNCERTAIN and not self._can_prove and taken:
            return PrintResult(PrintOutcome.TAKEN, outcome.detail)
        return PrintResult(PrintOutcome(outcome.result.value), outcome.detail)

    def open_drawer(self) -> None:
        self._driver.kick_drawer()

    def status(self) -> DeviceStatus:
        """How the printer is."""
        health = self._driver.health()
        return DeviceStatus(self.name, "receipt printer", health.state.value, health.text)

    def close(self) -> None:
        """Stop the driver and the thread. May take seconds."""
        self._driver.close()
        self._thread.shutdown()

    def _encode(self, order: PrintOrder) -> bytes:
        slip = self._writer.write(order.document, is_copy=order.is_copy, now_ms=self._clock.now_ms())
        encoder = self._ready_encoder()
        return encoder.pick_list(slip) if isinstance(slip, PickSlip) else encoder.receipt(slip)

    def _ready_encoder(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self._make_encoder()
        return self._encoder

    def _proved_late(self, process_id: bytes) -> None:
        """Called in the driver's thread."""
        if self._loop is not None and self._late_listener is not None:
            self._loop.call_soon_threadsafe(self._late_listener, process_id.decode("ascii", "replace"))

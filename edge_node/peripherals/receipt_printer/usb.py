"""Printers on USB, through pyusb: found by class and serial number, endpoints taken from their descriptors.

pyusb's pitfalls that this module keeps from its caller: a write may take only the start of the data, a timeout of zero
waits for ever, the kernel's own printer driver may hold the device, and the handles of an unplugged device fail for
good.
"""

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import usb.core
import usb.util
from usb.backend import IBackend

from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Unreachable
from retail.text import printable

PRINTER_CLASS = 7
EPSON_IN_VENDOR_CLASS = (0x04B8, 0x0202)
"""Epson's printers when they are set to vendor class; otherwise they behave the same."""

_WRITE_BYTES_MAX = 4096
_READ_BYTES = 512
_ONE_WAY, _TWO_WAY = 1, 2
"""USB printer class protocols; the others are not byte pipes."""


@dataclass(frozen=True, slots=True)
class UsbIdentity:
    """What tells one printer from another. ``port`` is its place (``1-2.3``), for those without a serial number."""

    vendor: int
    product: int
    serial: str
    port: str
    model: str

    def __str__(self) -> str:
        which = f"serial {self.serial}" if self.serial else f"port {self.port}"
        return f"USB {self.vendor:04x}:{self.product:04x} {which}"


Matcher = Callable[[UsbIdentity], bool]


def with_serial(serial: str) -> Matcher:
    """The printer with this serial number, wherever it is plugged in."""
    return lambda identity: identity.serial == serial


def at_port(port: str) -> Matcher:
    """Whatever printer is plugged in here."""
    return lambda identity: identity.port == port


def any_printer(_: UsbIdentity) -> bool:
    """The first printer there is."""
    return True


def system_backend() -> IBackend | None:
    """libusb as its wheel brings it; None where it cannot be loaded."""
    from libusb_package import get_libusb1_backend

    return get_libusb1_backend()


def list_printers(backend: IBackend) -> list[UsbIdentity]:
    """Every printer on the bus. Only descriptors are read: nothing is claimed and nothing is sent to a printer."""
    found = []
    for identity, device in _printers(backend):
        found.append(identity)
        usb.util.dispose_resources(device)
    return found


class UsbTransport:
    """The first printer that ``matches``. It is looked for at each opening, so replugging elsewhere does no harm."""

    def __init__(self, backend: IBackend, matches: Matcher = any_printer, role: str = "USB printer") -> None:
        self._backend = backend
        self._matches = matches
        self._role = role
        self._claimed: _Claimed | None = None

    @property
    def delivers(self) -> bool:
        return True

    @property
    def name(self) -> str:
        return str(self._claimed.identity) if self._claimed else self._role

    def open(self, timeout: float) -> None:
        """As :meth:`Transport.open`. Opening USB does not wait: ``timeout`` is not used."""
        self.close()
        device: usb.core.Device | None = None
        try:
            for identity, each in _printers(self._backend):
                if device is None and self._matches(identity):
                    device = each
                    self._claimed = _claim(device, identity)
                else:
                    usb.util.dispose_resources(each)
        except usb.core.USBError as error:
            if device is not None:
                usb.util.dispose_resources(device)
            raise _cannot_claim(self._role, error) from error
        if device is None:
            raise Unreachable(f"the {self._role} is not plugged in", "see that it is switched on and its cable is in")

    def write(self, data: memoryview, timeout: float) -> int:
        device = self._device()
        part = bytes(data[:_WRITE_BYTES_MAX])
        return self._transfer(device.out, lambda: device.usb.write(device.out, part, _ms(timeout))) or 0

    def read(self, timeout: float) -> bytes:
        device = self._device()
        into = device.into
        if into is None:
            time.sleep(timeout)
            return b""
        data = self._transfer(into, lambda: device.usb.read(into, _READ_BYTES, _ms(timeout)))
        return bytes(data) if data is not None else b""

    def close(self) -> None:
        if self._claimed is not None:
            usb.util.dispose_resources(self._claimed.usb)
            self._claimed = None

    def _device(self) -> "_Claimed":
        if self._claimed is None:
            raise ConnectionLost(f"the {self._role} is not open")
        return self._claimed

    def _transfer(self, endpoint: int, transfer: Callable[[], "_Result"]) -> "_Result | None":
        """What ``transfer`` gives; None for one that ran out of time or met a stalled endpoint, which is cleared."""
        try:
            return transfer()
        except usb.core.USBTimeoutError:
            return None
        except usb.core.USBError as error:
            if error.errno == errno.ETIMEDOUT:
                return None
            if error.errno == errno.EPIPE and self._unstalled(endpoint):
                return None
            # A transfer that fails may have moved some packets; pyusb does not say how many.
            raise ConnectionLost(f"the {self._role} went away: {error.strerror}", leaked=True) from error

    def _unstalled(self, endpoint: int) -> bool:
        try:
            self._device().usb.clear_halt(endpoint)
        except usb.core.USBError:
            return False
        return True


_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Claimed:
    usb: usb.core.Device
    identity: UsbIdentity
    out: int
    into: int | None


def _ms(seconds: float) -> int:
    return max(round(seconds * 1000), 1)


def _printers(backend: IBackend) -> Iterator[tuple[UsbIdentity, usb.core.Device]]:
    for device in usb.core.find(find_all=True, backend=backend):
        try:
            wanted = _interface(device) is not None
        except usb.core.USBError:  # unplugged since it was listed
            wanted = False
        if wanted:
            yield _identity(device), device
        else:
            usb.util.dispose_resources(device)


def _interface(device: usb.core.Device) -> usb.core.Interface | None:
    """The interface to print to; one that answers is preferred."""
    vendor_class = (device.idVendor, device.idProduct) == EPSON_IN_VENDOR_CLASS
    candidates = [
        interface
        for configuration in device
        for interface in configuration
        if vendor_class
        or (interface.bInterfaceClass == PRINTER_CLASS and interface.bInterfaceProtocol in (_ONE_WAY, _TWO_WAY))
    ]
    candidates = [each for each in candidates if _endpoint(each, usb.util.ENDPOINT_OUT) is not None]
    return max(candidates, key=lambda each: _endpoint(each, usb.util.ENDPOINT_IN) is not None, default=None)


def _endpoint(interface: usb.core.Interface, direction: int) -> int | None:
    bulk = (each for each in interface if usb.util.endpoint_type(each.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK)
    addresses = (each.bEndpointAddress for each in bulk)
    return next((each for each in addresses if usb.util.endpoint_direction(each) == direction), None)


def _identity(device: usb.core.Device) -> UsbIdentity:
    places = ".".join(map(str, device.port_numbers or ()))
    port = f"{device.bus}-{places}" if places else f"{device.bus}"
    serial, model = _text(lambda: device.serial_number), _text(lambda: device.product)
    return UsbIdentity(device.idVendor, device.idProduct, serial, port, model)


def _text(read: Callable[[], str | None]) -> str:
    """A text of the device; empty where it has none or will not tell."""
    try:
        return printable(read() or "")
    except (usb.core.USBError, ValueError):
        return ""


def _claim(device: usb.core.Device, identity: UsbIdentity) -> _Claimed:
    interface = _interface(device)
    if interface is None:
        raise usb.core.USBError("no printer interface", errno=errno.ENODEV)
    number = interface.bInterfaceNumber
    _push_aside_kernel_driver(device, number)
    try:
        device.get_active_configuration()
    except usb.core.USBError:
        # Only where there is none: setting it again resets the device.
        device.set_configuration()
    usb.util.claim_interface(device, number)
    if interface.bAlternateSetting:
        device.set_interface_altsetting(number, interface.bAlternateSetting)
    out = _endpoint(interface, usb.util.ENDPOINT_OUT)
    if out is None:
        raise usb.core.USBError("no endpoint to write to", errno=errno.ENODEV)
    return _Claimed(device, identity, out, _endpoint(interface, usb.util.ENDPOINT_IN))


def _push_aside_kernel_driver(device: usb.core.Device, interface: int) -> None:
    """Takes the interface from `usblp`, where the platform lets one ask."""
    try:
        if device.is_kernel_driver_active(interface):
            device.detach_kernel_driver(interface)
    except NotImplementedError:
        pass


def _cannot_claim(role: str, error: usb.core.USBError) -> Unreachable:
    if error.errno == errno.EACCES:
        return Unreachable(f"this program may not use the {role}", "install the udev rules and plug it in again")
    if error.errno == errno.EBUSY:
        return Unreachable(f"another program holds the {role}", "stop that program; remove the printer from CUPS")
    return Unreachable(f"the {role} cannot be opened: {error.strerror}", "unplug it and plug it in again")

"""A USB bus in software: a pyusb backend with simulated printers plugged in.

Like real ones (full speed, bulk endpoints of 64 bytes) they take at most 64 bytes with one write, tell themselves apart
by serial number and port, stall, and are gone with all their handles when they are unplugged.
Not modelled: other devices, hubs, isochronous and interrupt transfers, suspend, the printer class requests.
"""

import errno
import threading
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace

import usb.core
from usb.backend import IBackend

from simulators.devices.printer import SimulatedPrinter

EPSON, TM_T20III = 0x04B8, 0x0E28
PACKET_BYTES = 64
OUT_ENDPOINT, IN_ENDPOINT = 0x01, 0x82

_TEXT_DESCRIPTOR = 3
_GET_DESCRIPTOR = 6
_ENGLISH = 0x0409


@dataclass(eq=False, slots=True)
class _Device:
    """What is plugged in. A device that is unplugged and plugged in again is another one, as for the kernel."""

    printer: SimulatedPrinter
    serial: str
    address: int
    port: int
    plugged: bool = True
    stalled: bool = False
    bytes_until_unplugged: int | None = None
    handles: int = 0


@dataclass(eq=False, slots=True)
class _Handle:
    device: _Device
    claimed: set[int] = field(default_factory=set)


class UsbBus(IBackend):
    """The bus, for ``usb.core.find(backend=bus)``. Plugging is for any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._devices: list[_Device] = []
        self._addresses = 0

    # People's hands

    def plug(self, printer: SimulatedPrinter, serial: str = "SIM0001", port: int = 1) -> None:
        """Plug ``printer`` into ``port``."""
        with self._lock:
            self._addresses += 1
            self._devices.append(_Device(printer, serial, self._addresses, port))

    def unplug(self, serial: str = "SIM0001") -> None:
        """Pull the cable of the printer with this serial number, if it is in; the printer keeps its power."""
        with self._lock:
            for device in self._with(serial):
                self._unplug(device)

    def unplug_after(self, count: int, serial: str = "SIM0001") -> None:
        """Pull its cable, if it is in, once the printer has taken ``count`` more bytes."""
        with self._lock:
            for device in self._with(serial):
                device.bytes_until_unplugged = count

    def stall_endpoint(self, serial: str = "SIM0001") -> None:
        """Let its endpoints refuse everything until the host clears them."""
        with self._lock:
            for device in self._with(serial):
                device.stalled = True

    def handles_open(self) -> int:
        """How many handles nobody has closed yet."""
        with self._lock:
            return sum(device.handles for device in self._devices)

    def _with(self, serial: str) -> list[_Device]:
        return [device for device in self._devices if device.serial == serial]

    def _unplug(self, device: _Device) -> None:
        device.plugged = False
        device.printer.forget_answers()
        self._devices.remove(device)

    # IBackend: what is there

    def enumerate_devices(self) -> Iterable[object]:
        with self._lock:
            return list(self._devices)

    def get_parent(self, dev: object) -> object | None:
        return None

    def get_device_descriptor(self, dev: object) -> object:
        device = _device(dev)
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=EPSON,
            idProduct=TM_T20III,
            bcdDevice=0x0100,
            iManufacturer=1,
            iProduct=2,
            iSerialNumber=3 if device.serial else 0,
            bNumConfigurations=1,
            bus=1,
            address=device.address,
            port_number=device.port,
            port_numbers=(device.port,),
            speed=2,
        )

    def get_configuration_descriptor(self, dev: object, config: int) -> object:
        _first_only(config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=32,
            bNumInterfaces=1,
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=1,
            extra_descriptors=[],
        )

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> object:
        _first_only(intf, alt, config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=0,
            bAlternateSetting=0,
            bNumEndpoints=2,
            bInterfaceClass=7,
            bInterfaceSubClass=1,
            bInterfaceProtocol=2,
            iInterface=0,
            extra_descriptors=[],
        )

    def get_endpoint_descriptor(self, dev: object, ep: int, intf: int, alt: int, config: int) -> object:
        _first_only(intf, alt, config)
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=(OUT_ENDPOINT, IN_ENDPOINT)[ep],
            bmAttributes=2,
            wMaxPacketSize=PACKET_BYTES,
            bInterval=0,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    # IBackend: handles

    def open_device(self, dev: object) -> object:
        device = _device(dev)
        with self._lock:
            _present(device)
            device.handles += 1
        return _Handle(device)

    def close_device(self, dev_handle: object) -> None:
        with self._lock:
            _handle(dev_handle).device.handles -= 1

    def set_configuration(self, dev_handle: object, config_value: int) -> None:
        _present(_handle(dev_handle).device)

    def get_configuration(self, dev_handle: object) -> int:
        _present(_handle(dev_handle).device)
        return 1

    def set_interface_altsetting(self, dev_handle: object, intf: int, altsetting: int) -> None:
        _present(_handle(dev_handle).device)

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        handle = _handle(dev_handle)
        _present(handle.device)
        handle.claimed.add(intf)

    def release_interface(self, dev_handle: object, intf: int) -> None:
        handle = _handle(dev_handle)
        handle.claimed.discard(intf)
        _present(handle.device)

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        return False

    def clear_halt(self, dev_handle: object, ep: int) -> None:
        device = _handle(dev_handle).device
        _present(device)
        device.stalled = False

    def reset_device(self, dev_handle: object) -> None:
        _present(_handle(dev_handle).device)

    # IBackend: transfers

    def bulk_write(self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int) -> int:
        device = _usable(dev_handle, intf)
        part = data.tobytes()[:PACKET_BYTES]
        with self._lock:
            left = device.bytes_until_unplugged
            if left is not None:
                part = part[:left]
        taken = device.printer.receive(part, timeout / 1000) if part else 0
        with self._lock:
            if left is not None:
                device.bytes_until_unplugged = left - taken
                if left <= taken:
                    self._unplug(device)
            if not taken:
                _present(device)
                raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        return taken

    def bulk_read(self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int) -> int:
        device = _usable(dev_handle, intf)
        data = device.printer.transmit(min(len(buff), PACKET_BYTES), timeout / 1000)
        _present(device)
        if not data:
            raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        buff[: len(data)] = array("B", data)
        return len(data)

    def ctrl_transfer(
        self,
        dev_handle: object,
        bmRequestType: int,
        bRequest: int,
        wValue: int,
        wIndex: int,
        data: "array[int]",
        timeout: int,
    ) -> int:
        device = _handle(dev_handle).device
        _present(device)
        kind, index = divmod(wValue, 256)
        if bRequest != _GET_DESCRIPTOR or kind != _TEXT_DESCRIPTOR:
            raise usb.core.USBError("Pipe error", errno=errno.EPIPE)
        answer = _text_descriptor(device, index)[: len(data)]
        data[: len(answer)] = array("B", answer)
        return len(answer)


def _text_descriptor(device: _Device, index: int) -> bytes:
    if index == 0:
        return bytes((4, _TEXT_DESCRIPTOR)) + _ENGLISH.to_bytes(2, "little")
    text = ("", "TILLWAY", "Simulated printer", device.serial)[index].encode("utf-16-le")
    return bytes((2 + len(text), _TEXT_DESCRIPTOR)) + text


def _device(dev: object) -> _Device:
    if not isinstance(dev, _Device):
        raise TypeError("not a device of this bus")
    return dev


def _handle(dev_handle: object) -> _Handle:
    if not isinstance(dev_handle, _Handle):
        raise TypeError("not a handle of this bus")
    return dev_handle


def _usable(dev_handle: object, interface: int) -> _Device:
    handle = _handle(dev_handle)
    _present(handle.device)
    if interface not in handle.claimed:
        raise usb.core.USBError("Entity not found", errno=errno.ENOENT)
    if handle.device.stalled:
        raise usb.core.USBError("Pipe error", errno=errno.EPIPE)
    return handle.device


def _present(device: _Device) -> None:
    if not device.plugged:
        raise usb.core.USBError("No such device (it may have been disconnected)", errno=errno.ENODEV)


def _first_only(*indexes: int) -> None:
    """Descriptors end where pyusb meets an IndexError."""
    if any(indexes):
        raise IndexError

"""Metrics of one box, in Prometheus' text format."""

from collections import deque
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from edge_node.ports import DeviceStatus, ReplicaStatus
from edge_node.storage.status import StoreStatus
from edge_node.storage.writer import Group
from edge_node.sync.driver import LinkStatus
from sync_protocol.streams import STREAMS

COMMIT_BUCKETS_S = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64)

RECENT_COMMITS = 1_024
"""Commits of which the 99th percentile is told."""


class BoxMetrics:
    """Counts what happens; :meth:`page` adds how things stand at the moment of asking."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._recent: deque[float] = deque(maxlen=RECENT_COMMITS)
        self._commits = Histogram(
            "tillway_edge_commit_seconds", "Time to make a group of transactions durable.", buckets=COMMIT_BUCKETS_S,
            registry=self.registry,
        )  # fmt: skip
        self._groups = Histogram(
            "tillway_edge_group_size", "Transactions that shared a commit.", buckets=GROUP_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self.sales = Counter("tillway_edge_sales", "Sales made by this process.", registry=self.registry)
        self.refusals = Counter(
            "tillway_edge_refusals", "Requests refused, by status.", ["status"], registry=self.registry
        )
        self._head = self._gauge("log_head", "Last entry of the log.")
        self._acked = self._gauge("log_acked", "Last entry that the centre has confirmed.")
        self._unacked = self._gauge("log_unacked", "Entries that the centre has not confirmed.")
        self._unacked_age = self._gauge("log_oldest_unacked_seconds", "Age of the oldest of them.")
        self._connected = self._gauge("link_connected", "1 while the broker is reached.")
        self._state = self._gauge("link_state", "1 for the present state of the link.", "state")
        self._link = self._gauge("link_events", "What happened on the link since the start, by kind.", "what")
        self._round_trip = self._gauge("link_round_trip_seconds", "Smoothed time from a batch to its acknowledgement.")
        self._cursor = self._gauge("stream_version", "Version to which a stream is applied.", "stream")
        self._wal = self._gauge("wal_bytes", "Size of the write-ahead log.")
        self._replica_age = self._gauge("replica_age_seconds", "Age of the replica; -1 while unknown.")
        self._replica_alarm = self._gauge("replica_alarm", "1 while a person should look at the replica.")
        self._p99 = self._gauge("commit_p99_seconds", f"99th percentile of the last {RECENT_COMMITS} commits.")
        self._waiting = self._gauge("writer_waiting", "Transactions that wait for the writer.")
        self._jobs = self._gauge("print_jobs", "Print jobs by state.", "state")
        self._tasks = self._gauge("tasks", "Tasks by state.", "state")
        self._problems = self._gauge("foreign_problems", "Events from elsewhere that could not be applied.")
        self._disk = self._gauge("disk_free_bytes", "Free space where the data lies.")
        self._device = self._gauge("device_ready", "1 while a device works.", "device")

    def observe_commit(self, group: Group) -> None:
        """Note one commit. May be called from any thread."""
        self._commits.observe(group.commit_s)
        self._groups.observe(group.size)
        self._recent.append(group.commit_s)

    @property
    def commit_p99_s(self) -> float:
        """99th percentile of the recent commits, in seconds; 0 before the first."""
        recent = sorted(self._recent.copy())
        return recent[int(0.99 * (len(recent) - 1))] if recent else 0.0

    def page(
        self,
        *,
        now_ms: int,
        store: StoreStatus,
        link: LinkStatus | None,
        replica: ReplicaStatus,
        devices: Sequence[DeviceStatus],
        waiting: int,
        free_bytes: int,
    ) -> bytes:
        """The page that Prometheus reads."""
        self._head.set(store.head)
        self._acked.set(store.acked)
        self._unacked.set(store.head - store.acked)
        age_ms = 0 if store.oldest_unacked_ms is None else max(0, now_ms - store.oldest_unacked_ms)
        self._unacked_age.set(age_ms / 1000)
        self._set_link(link)
        for stream in STREAMS:
            self._cursor.labels(stream).set(store.cursors.get(stream, (0, 0))[1])
        self._wal.set(replica.wal_bytes)
        self._replica_age.set(-1 if replica.age_s is None else replica.age_s)
        self._replica_alarm.set(bool(replica.alarm))
        self._p99.set(self.commit_p99_s)
        self._waiting.set(waiting)
        for gauge, counts in ((self._jobs, store.print_jobs), (self._tasks, store.tasks)):
            gauge.clear()
            for state, count in counts.items():
                gauge.labels(state).set(count)
        self._problems.set(store.problems)
        self._disk.set(free_bytes)
        for device in devices:
            self._device.labels(device.name).set(device.state in ("ready", "degraded"))
        return generate_latest(self.registry)

    def _set_link(self, link: LinkStatus | None) -> None:
        self._state.clear()
        if link is None:
            return
        self._connected.set(link.connected)
        self._state.labels(link.state.value).set(1)
        self._round_trip.set(link.round_trip_s)
        counters = link.counters
        for what in ("batches", "resends", "acks", "gaps", "forks", "ignored_acks"):
            self._link.labels(what).set(getattr(counters, what))
        self._link.labels("frames_refused").set(link.frames_refused)
        self._link.labels("deltas_applied").set(link.deltas_applied)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tillway_edge_{name}", text, labels, registry=self.registry)

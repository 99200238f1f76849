"""The way to PostgreSQL: one engine for each process, made by the composition.

Errors of the driver that mean "not now" (the server is away, a deadlock, a full pool) are told apart from errors that
mean "never" by :func:`is_away`; workers wait and go on by themselves, HTTP answers 503.
"""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 60
"""Longest statement, and longest pause inside a transaction, of a service; commands such as imports have no limit."""


def driver_url(database_url: str) -> URL:
    """``database_url`` for psycopg 3, whichever of the usual schemes it was written with."""
    url = make_url(database_url)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def libpq_url(database_url: str) -> str:
    """``database_url`` as libpq understands it, for connections of psycopg's own."""
    return driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def make_engine(database_url: str, *, pool_size: int = 10, application: str = "tillway") -> AsyncEngine:
    """An engine for ``database_url``. Nothing is opened before its first use; ``dispose`` it at the end.

    Sessions run in UTC. At most ``pool_size`` connections are open; who waits longer than :data:`POOL_TIMEOUT_S` for
    one gets an error that :func:`is_away` knows.
    """
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args=_connect_args(application, STATEMENT_TIMEOUT_S),
    )


def make_reading_engine(database_url: str, *, pool_size: int = 5, application: str = "tillway-reading") -> AsyncEngine:
    """An engine for single statements that only read, and must be quick: each is a transaction of its own, and the
    server is not asked before each whether it is still there.

    So the first statement after a restart of the server fails, with an error that :func:`was_cut` knows: ask again.
    """
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        isolation_level="AUTOCOMMIT",
        connect_args=_connect_args(application, STATEMENT_TIMEOUT_S),
    )


def make_unpooled_engine(database_url: str, *, application: str = "tillway-admin") -> AsyncEngine:
    """An engine whose connections end with their use: for migrations and for commands."""
    return create_async_engine(driver_url(database_url), poolclass=NullPool, connect_args=_connect_args(application))


def is_away(error: BaseException) -> bool:
    """Whether trying again later may succeed: the database is away or busy, nothing is wrong with the request."""
    return (
        isinstance(error, OperationalError | TimeoutError | ConnectionError)
        or was_cut(error)
    )  # fmt: skip


def was_cut(error: BaseException) -> bool:
    """Whether a connection ended that was believed to live; the next one is new, as are all of its pool."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _connect_args(application: str, timeout_s: int = 0) -> dict[str, object]:
    limits = f"-c statement_timeout={timeout_s}s -c idle_in_transaction_session_timeout={timeout_s}s"
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": application,
        "options": f"-c timezone=UTC {limits}",
    }

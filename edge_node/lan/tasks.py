"""Tasks: the pick lists of the store, and what handhelds report about them."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import ConfigDict, Field, JsonValue, ValidationError

from edge_node.fulfilment.handheld import EVENTS_MAX, HandheldEvent, take_events
from edge_node.fulfilment.picking import Action, GiveUp, HandOver, Pack, Pick, Ship, Start
from edge_node.fulfilment.task import OPEN, is_recalled
from edge_node.lan.box import TheBox
from edge_node.lan.models import Answer, Integer, Limit, Request, Who
from edge_node.lan.problems import NotFound, documented
from edge_node.ports import Actor, PickTask, PrintJob, PrintKind, View
from edge_node.printing.slips import task_code
from retail.errors import Refused
from retail.text import clean

router = APIRouter()

KEY_LENGTH_MAX = 64
TEXT_LENGTH_MAX = 256

TaskState = Literal[
    "accepted", "assigned", "start_asked", "started", "packed", "shipped", "handed_over", "rejected", "released",
    "withdrawn",
]  # fmt: skip
STATES: tuple[str, ...] = get_args(TaskState)
"""The states in which a task may be asked for; a page has a word for each."""


class TaskLine(Answer):
    """One article to fetch. ``remaining`` is neither picked nor short."""

    line: UUID
    sku: str
    gtin: str
    name: str
    quantity: int
    unit: str
    bin: str
    age_minimum: int
    hazard: str
    picked: int
    short: int
    remaining: int


class Task(Answer):
    """A pick list.

    ``code`` is the barcode on the printed list. ``told`` is the centre's last word; ``recalled`` says that it would
    like to have the order back although goods are in a tote. ``pick_list`` is the state of the printed list, empty
    while there is none. ``wants_collect_code``: the customer must show a code. ``send_by``: the carrier's service that
    should take it, empty where none is named.
    """

    id: UUID
    code: str
    order_code: str
    service: str
    send_by: str
    state: str
    told: str
    reason: str
    recalled: bool
    customer: str
    destination: str
    pick_by_ms: int
    packages: int
    wants_collect_code: bool
    pick_list: str
    lines: list[TaskLine]


class TaskList(Answer):
    """Tasks, the most urgent first."""

    tasks: list[Task]


class HandheldEventIn(Request):
    """One thing that somebody did. ``wave`` is the task, ``at`` the handheld's own time, for people only.

    Which fields count depends on ``type``: start; pick: line, qty, code, manual; short: line, reason, qty; pack:
    packages; ship: carrier, tracking; handover: collect_code (or code).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    key: Annotated[str, Field(min_length=1, max_length=KEY_LENGTH_MAX)]
    at: int | str | None = None
    device: Who = ""
    user: Who = ""
    type: Literal["start", "pick", "short", "pack", "ship", "handover"]
    wave: UUID
    line: UUID | None = None
    qty: Integer | None = None
    code: Annotated[str | None, Field(max_length=TEXT_LENGTH_MAX)] = None
    reason: Annotated[str | None, Field(max_length=TEXT_LENGTH_MAX)] = None
    manual: bool = False
    packages: Integer | None = None
    carrier: Annotated[str | None, Field(max_length=TEXT_LENGTH_MAX)] = None
    tracking: Annotated[str | None, Field(max_length=TEXT_LENGTH_MAX)] = None
    collect_code: Annotated[str | None, Field(max_length=TEXT_LENGTH_MAX)] = None


class EventAnswer(Answer):
    """The answer to one event. ``reason`` says in plain words why it was refused."""

    key: str
    accepted: bool
    reason: str


@router.get("/v1/tasks", responses=documented(422), tags=["tasks"], summary="Pick lists")
async def tasks(
    box: TheBox, state: Annotated[list[TaskState] | None, Query(max_length=20)] = None, limit: Limit = 100
) -> TaskList:
    """Those in one of the given states, by default all that somebody has yet to finish."""
    states = frozenset(state) if state else OPEN
    return TaskList(tasks=await box.store.read(lambda view: [_task(view, task) for task in view.tasks(states, limit)]))


@router.get("/v1/tasks/{task_id}", responses=documented(404, 422), tags=["tasks"], summary="One pick list")
async def task(box: TheBox, task_id: UUID) -> Task:
    """The pick list as it stands."""

    def question(view: View) -> Task | None:
        found = view.task(task_id)
        return _task(view, found) if found else None

    answer = await box.store.read(question)
    if answer is None:
        raise NotFound(f"task {task_id}")
    return answer


@router.post(
    "/edge/events",
    responses=documented(400, 413, 422),
    tags=["tasks"],
    summary="What staff did, from a handheld",
    openapi_extra={
        "requestBody": {
            "content": {"application/json": {"schema": {"type": "array", "items": HandheldEventIn.model_json_schema()}}}
        }
    },
)
async def handheld_events(
    box: TheBox, events: Annotated[list[dict[str, JsonValue]], Body(max_length=EVENTS_MAX)]
) -> list[EventAnswer]:
    """Each event is answered by itself: a wrong one is refused and does not hold up the others.

    An event that comes again gets the same answer again. The request as a whole is refused only where it is not a list
    of objects with keys.
    """
    taken = [_event(index, event) for index, event in enumerate(events)]
    answers = await box.store.write(lambda tx: take_events(tx, taken))
    return [EventAnswer(key=answer.key, accepted=answer.accepted, reason=answer.reason) for answer in answers]


def _event(index: int, values: dict[str, JsonValue]) -> HandheldEvent:
    key = values.get("key")
    if not isinstance(key, str) or not key:
        raise Refused(f"[{index}].key", "the event has no key", "give each event a key of its own")
    key = clean(f"[{index}].key", key, KEY_LENGTH_MAX)
    try:
        event = HandheldEventIn.model_validate(values)
        actor = Actor(clean("device", event.device, 40), clean("user", event.user, 40))
        return HandheldEvent(key, actor, event.wave, _action(event))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        return HandheldEvent(key, Actor(), refusal=f"The handheld sent an event that cannot be read: {field}.")
    except Refused as refusal:
        return HandheldEvent(key, Actor(), refusal=f"The handheld sent an event that cannot be used: {refusal.field}.")


def _action(event: HandheldEventIn) -> Action:
    match event.type:
        case "start":
            return Start()
        case "pick":
            return Pick(event.line, 1 if event.qty is None else event.qty, event.code or "", event.manual)
        case "short":
            if event.line is None:
                raise Refused("line", "it is missing", "name the line")
            return GiveUp(event.line, event.reason or "", event.qty)
        case "pack":
            return Pack(1 if event.packages is None else event.packages)
        case "ship":
            return Ship(event.carrier or "", event.tracking or "")
        case "handover":
            return HandOver(event.collect_code or event.code or "")


def _task(view: View, task: PickTask) -> Task:
    lists = [job for job in view.print_jobs(subject=str(task.id)) if job.kind is PrintKind.PICK_LIST]
    return Task(
        id=task.id, code=task_code(task.id), order_code=task.order_code, service=task.service,
        send_by=task.send_by, state=task.state, told=task.told, reason=task.reason, recalled=is_recalled(task),
        customer=task.customer, destination=task.destination, pick_by_ms=task.pick_by_ms, packages=task.packages,
        wants_collect_code=bool(task.collect_code), pick_list=_print_state(lists),
        lines=[
            TaskLine(
                line=line.line, sku=line.sku, gtin=line.gtin, name=line.name, quantity=line.quantity, unit=line.unit,
                bin=line.bin, age_minimum=line.age_minimum, hazard=line.hazard, picked=line.picked, short=line.short,
                remaining=line.remaining,
            )
            for line in task.lines
        ],
    )  # fmt: skip


def _print_state(lists: list[PrintJob]) -> str:
    return lists[-1].state.value if lists else ""

"""What requests and answers share. Amounts are minor units, quantities pieces or grams, times ms since 1970 UTC."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from retail.quantity import AMOUNT_MAX

Integer = Annotated[int, Field(strict=True)]
"""A whole number: no text, no fraction, no truth value is taken for one."""

Amount = Annotated[Integer, Field(ge=0, le=2**53 - 1)]
Quantity = Annotated[Integer, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Who = Annotated[str, Field(max_length=40)]
Limit = Annotated[int, Field(ge=1, le=500)]


Register = Field(max_length=40, alias="register")
"""Called ``register`` in JSON; in Python that name belongs to the base class of pydantic's models."""


class Request(BaseModel):
    """Base of all requests: what is not expected is refused, because it is probably misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, validate_by_name=True)

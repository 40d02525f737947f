"""What the members of a structure are when it is handed to a function: GPIO_InitStruct at HAL_GPIO_Init."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.mcu.source.facts import Call, FieldWrite, Function, Operand


@dataclass(slots=True)
class Settings:
    """The members that are certain at one call. `unset` tells of a member that nothing has written so far.

    `zeroed`: what is not written is 0; `open`: something else may have written any member.
    """

    members: dict[str, FieldWrite | None] = field(default_factory=dict)
    zeroed: bool = False
    open: bool = False

    def write(self, member: str) -> FieldWrite | None:
        """The write that decides a member; None where that is not certain."""
        return self.members.get(member)

    def operand(self, member: str) -> Operand | None:
        """What a member is."""
        found = self.members.get(member)
        return found.value if found is not None else None

    def number(self, member: str) -> int | None:
        """The value of a member."""
        found = self.operand(member)
        return found.value if found is not None else None

    def unset(self, member: str) -> bool:
        """Whether certainly nothing has written a member."""
        return not self.open and member not in self.members


def settings_at(function: Function, variable: str, call: Call, sparing: frozenset[str] = frozenset()) -> Settings:
    """The members of `variable` at `call`. Calls of `sparing` that were handed the structure left it as it was."""
    result = Settings(open=not _fresh(function, variable))
    loops = set(call.where.loops)
    for event in _events(function, variable, sparing):
        if isinstance(event, Call):
            if event.where.order < call.where.order:
                result = Settings(open=True)
        elif event.where.order < call.where.order:
            _take(result, event, event.where.dominates(call.where))
        elif loops & set(event.where.loops) and event.member not in result.members:
            result.open = True  # written later in the loop, so known from its second turn on
    return result


def _events(function: Function, variable: str, sparing: frozenset[str]) -> list[Call | FieldWrite]:
    """Writes to the variable and calls that get its address, in order."""
    events: list[Call | FieldWrite] = [one for one in function.body.fields if one.variable == variable]
    taken = f"&{variable}"
    for call in function.body.calls:
        handed = any(one.resolved.replace(" ", "") in (taken, variable) for one in call.arguments)
        if handed and call.callee not in sparing:
            events.append(call)
    return sorted(events, key=lambda event: event.where.order)


def _take(result: Settings, write: FieldWrite, certain: bool) -> None:
    if write.initial and write.member == "*":
        result.zeroed = True
        result.open = not write.value.text.strip().startswith("{") or _positional(write.value.text)
    elif not write.member:
        result.members.clear()
        result.open = True  # assigned as a whole
    else:
        plain = certain and write.operator == "="
        result.members[write.member] = write if plain else None


def _positional(text: str) -> bool:
    """Whether an initialiser gives members without their names: {GPIO_PIN_5, ...}, but not {0}."""
    inner = text.strip().strip("{}").strip()
    return bool(inner) and not inner.startswith(".") and inner.rstrip(",").strip() not in ("0", "0U", "0u", "")


def _fresh(function: Function, variable: str) -> bool:
    """Whether the structure is the function's own and new at each call."""
    return any(one.name == variable and not one.static and not one.pointer for one in function.body.locals)

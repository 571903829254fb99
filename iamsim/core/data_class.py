# ruff: noqa: ANN001, ANN003, ANN201, ANN202, ANN204, RUF063 - checkers read `dataclasses` instead
"""Data classes whose methods are made when they are first called.

A new process spends half of its time on `dataclasses`, which compiles the methods of each class as
its module is imported, and imports `inspect`. The three names here are written, typed and behave as
those of `dataclasses`, whose `fields` and `is_dataclass` know these classes too. What no class of
ours needs (`order`, `InitVar`) is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
    from typing import NamedTuple
else:
    from collections import namedtuple

    _MISSING = object()
    _TABLE = "_iamsim_fields"

    class _Frozen:
        """What `dataclasses` asks of the bases of its own classes."""

        frozen = True

    class _NotFrozen:
        """The same of the others."""

        frozen = False

    class _Field:
        """What is said of a field: with `field(...)`, or by a default alone."""

        __slots__ = (
            *("name", "default", "default_factory", "init", "repr"),
            *("hash", "compare", "kw_only"),
        )

        def __init__(
            self,
            default=_MISSING,
            default_factory=_MISSING,
            *,
            init=True,
            repr=True,  # noqa: A002 - the names of `dataclasses`
            hash=None,  # noqa: A002
            compare=True,
            kw_only=None,
        ):
            self.default, self.default_factory = default, default_factory
            self.init, self.repr, self.hash, self.compare = init, repr, hash, compare
            self.kw_only = kw_only

    class _Later:
        """A method in place of which its maker stands, until somebody asks for it."""

        __slots__ = ("make", "name")

        def __init__(self, name, make):
            self.name, self.make = name, make

        def __get__(self, instance, owner):
            """Make what was asked for, put it in its class, and give it."""
            name = self.name
            home = next(entry for entry in owner.__mro__ if entry.__dict__.get(name) is self)
            made = self.make(home)
            setattr(home, name, made)
            return made.__get__(instance, owner) if hasattr(made, "__get__") else made

    def field(*, default=_MISSING, default_factory=_MISSING, **more):
        """Say more of a field than its default, as `dataclasses.field` does."""
        return _Field(default, default_factory, **more)

    def replace(item, /, **changes):
        """Copy an object with some of its fields changed, as `dataclasses.replace` does."""
        table = type(item).__dict__.get(_TABLE)
        if table is None:
            from dataclasses import replace as replaced

            return replaced(item, **changes)
        for entry in table:
            if entry.init and entry.name not in changes:
                changes[entry.name] = getattr(item, entry.name)
        return item.__class__(**changes)

    def dataclass(cls=None, /, **how):
        """Make a class of its annotated fields, as `dataclasses.dataclass` does."""
        return _made(cls, **how) if cls is not None else lambda cls: _made(cls, **how)

    def _made(cls, *, eq=True, frozen=False, slots=False, kw_only=False, weakref_slot=False):
        """Give the class its table of fields, and methods that are made later."""
        own = _own_fields(cls, kw_only=kw_only)
        table = {
            entry.name: entry
            for base in cls.__mro__[:0:-1]
            for entry in base.__dict__.get(_TABLE, ())
        }
        table.update(own)
        held = cls.__dict__
        added = {
            _TABLE: tuple(table.values()),
            "__dataclass_fields__": _FIELDS,
            "__dataclass_params__": _Frozen if frozen else _NotFrozen,
            "__match_args__": tuple(
                entry.name for entry in table.values() if entry.init and not entry.kw_only
            ),
            "__init__": _INIT_FROZEN if frozen else _INIT,
            "__repr__": _REPR,
        }
        if eq:
            added["__eq__"] = _EQ
        if frozen:
            added |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
            if slots:
                added |= {"__getstate__": _get_state, "__setstate__": _set_state}
        missing = {name: value for name, value in added.items() if name not in held}
        if eq and held.get("__hash__") is None:  # as Python has it where `__eq__` is written
            missing["__hash__"] = _HASH if frozen else None
        if not slots:
            for name, value in missing.items():
                setattr(cls, name, value)
            return cls
        names = dict(held) | missing
        for name in own:
            names.pop(name, None)
        names.pop("__dict__", None)
        names.pop("__weakref__", None)
        inherited = {name for base in cls.__mro__[1:] for name in _slots_of(base)}
        names["__slots__"] = tuple(name for name in own if name not in inherited)
        if weakref_slot:
            names["__slots__"] += ("__weakref__",)
        made = type(cls)(cls.__name__, cls.__bases__, names)
        made.__qualname__ = cls.__qualname__
        return made

    def _own_fields(cls, *, kw_only):
        """Read what the class itself says of its fields."""
        found = {}
        for name, annotation in cls.__dict__.get("__annotations__", {}).items():
            if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
                continue
            told = cls.__dict__.get(name, _MISSING)
            one = told if isinstance(told, _Field) else _Field(told)
            one.name = name
            one.kw_only = kw_only if one.kw_only is None else one.kw_only
            found[name] = one
            if isinstance(told, _Field):
                if one.default is _MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, one.default)
        return found

    def _slots_of(base):
        slots = base.__dict__.get("__slots__", ())
        return (slots,) if isinstance(slots, str) else slots

    def _compiled(home, name, parameters, lines, names):
        """Compile a method of a class; `names` are what its lines speak of."""
        body = "\n".join(f"  {line}" for line in lines)
        text = f"def make({', '.join(names)}):\n def {name}({parameters}):\n{body}\n return {name}"
        space = {}
        exec(text, vars(_module_of(home)), space)  # noqa: S102 - names of fields, no text of users
        method = space["make"](**names)
        method.__qualname__ = f"{home.__qualname__}.{name}"
        return method

    def _module_of(home):
        import sys

        return sys.modules[home.__module__]

    def _init(home, *, frozen):
        """Make `__init__`; fields of frozen classes are set by their slots, past `__setattr__`."""
        names, lines, plain, keywords = {}, [], ["self"], []
        for entry in getattr(home, _TABLE):
            name = entry.name
            value = name
            parameter = name
            if entry.default_factory is not _MISSING:
                names[f"_default_{name}"] = entry.default_factory
                names["_made_later"] = _MADE_LATER
                parameter += "=_made_later"
                value = f"_default_{name}()"
                if entry.init:
                    value += f" if {name} is _made_later else {name}"
            elif entry.default is not _MISSING:
                names[f"_default_{name}"] = entry.default
                parameter += f"=_default_{name}"
                value = name if entry.init else f"_default_{name}"
            if entry.init:
                (keywords if entry.kw_only else plain).append(parameter)
            elif value == name:
                continue
            if not frozen:
                lines.append(f"self.{name} = {value}")
                continue
            slot = getattr(home, name, None)
            if hasattr(type(slot), "__set__"):
                names[f"_set_{name}"] = slot.__set__
                lines.append(f"_set_{name}(self, {value})")
            else:
                names["_set"] = object.__setattr__
                lines.append(f"_set(self, {name!r}, {value})")
        if hasattr(home, "__post_init__"):
            lines.append("self.__post_init__()")
        parameters = ", ".join(plain + (["*", *keywords] if keywords else []))
        method = _compiled(home, "__init__", parameters, lines or ["pass"], names)
        told = {
            entry.name: _annotation(home, entry.name)
            for entry in getattr(home, _TABLE)
            if entry.init
        }
        method.__annotations__ = {**told, "return": None}
        return method

    def _annotation(home, name):
        """The annotation of a field, from the class that has it."""
        told = (base.__dict__.get("__annotations__", {}) for base in home.__mro__)
        return next(annotations[name] for annotations in told if name in annotations)

    def _tuple_of(home, who, counts):
        members = "".join(
            f"{who}.{entry.name}, " for entry in getattr(home, _TABLE) if counts(entry)
        )
        return f"({members})"

    def _eq(home):
        """Make `__eq__`: of the same class, and the same in the fields that are compared."""
        mine, theirs = (_tuple_of(home, who, lambda one: one.compare) for who in ("self", "other"))
        lines = [
            "if other.__class__ is self.__class__:",
            f" return {mine} == {theirs}",
            "return NotImplemented",
        ]
        return _compiled(home, "__eq__", "self, other", lines, {})

    def _hash(home):
        """Make `__hash__`."""
        members = _tuple_of(home, "self", lambda one: one.compare if one.hash is None else one.hash)
        return _compiled(home, "__hash__", "self", [f"return hash({members})"], {})

    def _repr(home):
        """Make `__repr__`: the name and the fields."""
        import reprlib

        shown = [entry.name for entry in getattr(home, _TABLE) if entry.repr]

        @reprlib.recursive_repr()
        def __repr__(self):  # noqa: N807 - a method of each class
            members = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
            return f"{self.__class__.__qualname__}({members})"

        return __repr__

    def _standard_fields(home):
        """Make the table that `dataclasses.fields` reads."""
        import dataclasses

        found = {}
        for entry in getattr(home, _TABLE):
            said = {
                name: value
                for name in ("default", "default_factory")
                if (value := getattr(entry, name)) is not _MISSING
            }
            known = dataclasses.field(
                **said,
                init=entry.init,
                repr=entry.repr,
                hash=entry.hash,
                compare=entry.compare,
                kw_only=entry.kw_only,
            )
            known.name, known.type = entry.name, _annotation(home, entry.name)
            known._field_type = dataclasses._FIELD  # noqa: SLF001 - `fields` asks for it
            found[entry.name] = known
        return found

    def _refuse_to_set(self, name, value):  # noqa: ARG001 - the form of `__setattr__`
        """Refuse, as every frozen class does."""
        from dataclasses import FrozenInstanceError

        message = f"cannot assign to field {name!r}"
        raise FrozenInstanceError(message)

    def _refuse_to_delete(self, name):  # noqa: ARG001 - the form of `__delattr__`
        """Refuse, as every frozen class does."""
        from dataclasses import FrozenInstanceError

        message = f"cannot delete field {name!r}"
        raise FrozenInstanceError(message)

    def _get_state(self):
        """Give the values of a frozen class, to be pickled."""
        return [getattr(self, entry.name) for entry in getattr(self, _TABLE)]

    def _set_state(self, state):
        """Take the values of a frozen class."""
        for entry, value in zip(getattr(self, _TABLE), state, strict=True):
            object.__setattr__(self, entry.name, value)

    class _MadeLater:
        def __repr__(self):
            return "<factory>"

    _MADE_LATER = _MadeLater()
    _INIT = _Later("__init__", lambda home: _init(home, frozen=False))
    _INIT_FROZEN = _Later("__init__", lambda home: _init(home, frozen=True))
    _EQ = _Later("__eq__", _eq)
    _HASH = _Later("__hash__", _hash)
    _REPR = _Later("__repr__", _repr)
    _FIELDS = _Later("__dataclass_fields__", _standard_fields)

    class _NamedTupleType(type):
        """Makes tuples with names of classes; `typing` compiles each annotation besides."""

        def __new__(cls, name, bases, held):
            """Give a class of `collections.namedtuple` with what else the class holds."""
            if held.get("__module__") == __name__:
                return type.__new__(cls, name, bases, held)
            told = held.get("__annotations__", {})
            made = namedtuple(  # noqa: PYI024 - this is what makes the typed form
                name,
                tuple(told),
                defaults=[held[entry] for entry in told if entry in held],
                module=held["__module__"],
            )
            for key, value in held.items():
                if key not in told and key not in ("__module__", "__slots__"):
                    setattr(made, key, value)
            made.__new__.__annotations__ = told
            return made

    class NamedTuple(metaclass=_NamedTupleType):
        """A tuple whose members have names, as `typing.NamedTuple`."""


__all__ = ["NamedTuple", "dataclass", "field", "replace"]

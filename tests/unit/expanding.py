"""Which actions the entries of a policy cover, for tests of policies that are printed."""

from iamsim import catalog
from iamsim.symbolic.actions import ActionUniverse


def expanded(entries):
    """The actions that entries cover, of all that there are."""
    entries = [entries] if isinstance(entries, str) else entries
    names = [action.full_name for service in catalog.services() for action in actions_of(service)]
    universe = ActionUniverse([*names, "sts:AssumeRole"])
    covered = universe.mask_of_patterns(entries)
    return {universe.written[number] for number in universe.numbers(covered)}


def actions_of(service):
    """The actions of a service."""
    return catalog.find_service(service).actions

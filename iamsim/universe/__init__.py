"""Who could call, and what could be asked about, for one world and for two: the one list of these.

* `candidates`: the principals that a world lists, and what a named principal is;
* `mentions`: whom the conditions of policies designate: accounts, organizations, ARNs, unique ids,
  the sources of requests that services make for others;
* `others`: everybody whom the statements about a resource tell apart and the world does not list,
  with one of everybody else of each kind;
* `outsiders`, `zone`: those of them outside of a zone of trust, entry by entry of a policy;
* `asked`: in whose name the engine is asked for them.

Nothing here decides. who-can, findings, changes, diff, laws and the search for requests that tell
mutants apart ask for the same people, so what one of them gains between two worlds, the others do.
"""

from __future__ import annotations

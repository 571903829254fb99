"""A language server for policies, worlds, scenarios and claims (`iamsim lsp`); the extra `lsp`.

`place` finds where in a document somebody types, also in one that is not whole; `analysis` says
what is in a document and what is wrong; `hover`, `completion`, `actions` and `symbols` answer;
`server` speaks the protocol.
"""

"""A local endpoint that answers the AWS CLI and SDKs from a world (`iamsim serve`).

`model` is the table of operations, `query`, `rest` and `json_target` are the protocols, `dispatch`
finds what a request asks, the modules named after services answer it, `server` listens.
"""

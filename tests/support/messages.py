"""Any message between the daemon and its SIP process."""

from typing import get_args

from hypothesis import strategies as st

from appliance.sip.wire import Message

st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))  # what MessagePack can carry
st.register_type_strategy(float, st.floats(allow_nan=False))  # NaN would not even equal itself
messages = st.one_of([st.from_type(kind) for kind in get_args(Message)])

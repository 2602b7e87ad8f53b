from benchmarks import mutations


def test_faults_come_from_all_rooms_and_are_the_same_for_a_seed():
    chosen = list(mutations.faults(40, 1))
    assert chosen == list(mutations.faults(40, 1))
    assert chosen != list(mutations.faults(40, 2))
    assert {"core/doors", "config", "panel", "store", "api", "sip", "cli"} <= {room for room, _, _ in chosen}


def test_a_fault_changes_one_place():
    source = "def f(a, b):\n    if a < b and a:\n        return 1\n    return 2\n"
    results = [mutations.broken(source, number)[0] for number in range(3)]
    assert sorted(results) == sorted(
        [
            "def f(a, b):\n    if not (a < b and a):\n        return 1\n    return 2",
            "def f(a, b):\n    if a < b or a:\n        return 1\n    return 2",
            "def f(a, b):\n    if a >= b and a:\n        return 1\n    return 2",
        ]
    )

"""The contract of a mixer's element; the lab holds mixers of the kernel to it."""


def keeps_the_contract(mixers, device, way, names):
    """An element is found, takes levels and its switch, shows what it took, and is found again as it was left."""
    element = mixers.find(device, way, names)
    assert element is not None
    assert element.name in names
    try:
        begun = element.read()
        if begun.range_db is None:
            scale, take, show = (0.0, 100.0), element.set_percent, lambda: element.read().percent
        else:
            scale, take, show = begun.range_db, element.set_db, lambda: element.read().db
        low, high = scale
        for share in (0.0, 0.5, 1.0):
            level = low + share * (high - low)
            take(level)
            element.changed()
            assert abs(show() - level) <= (high - low) / 20, (way, share, element.read())
        if begun.muted is not None:
            for muted in (True, False, True, False):
                element.set_muted(muted)
                element.changed()
                assert element.read().muted is muted
        assert all(descriptor >= 0 for descriptor in element.descriptors())
    finally:
        element.close()

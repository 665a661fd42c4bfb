import pytest

from finetune.errors import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("no kernel\nfor this device"), "no kernel"),
        (NotImplementedError(), "NotImplementedError"),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, line: str) -> None:
    assert first_line(error) == line

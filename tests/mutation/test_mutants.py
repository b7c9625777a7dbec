"""What is changed of a module's code, and what is left alone."""

import ast

from tests.mutation.mutants import mutants

SOURCE = '''
LIMIT = 3

def late(days: int) -> bool:
    """Words that are only read."""
    assert days
    if days > LIMIT and not late:
        raise ValueError("nor these")
    return days == 1
'''


def test_every_comparison_number_word_and_result_is_changed_once_and_put_back() -> None:
    tree = ast.parse(SOURCE)
    as_it_was = ast.unparse(tree)
    changed, found = set(), []
    for each in mutants(tree):
        with each.in_its_tree():
            changed.add(ast.unparse(tree))
        found.append((each.inside, each.what.split("  ->  ")[1]))
    assert as_it_was not in changed
    assert len(changed) == len(found)
    assert ast.unparse(tree) == as_it_was
    assert found == [
        (False, "4"),
        (True, "if not (days > LIMIT and (not late)):"),
        (True, "days > LIMIT or not late"),
        (True, "not late and (not late)"),
        (True, "days > LIMIT and days > LIMIT"),
        (True, "days >= LIMIT"),
        (True, "days <= LIMIT"),
        (True, "return None"),
        (True, "days != 1"),
        (True, "2"),
    ]

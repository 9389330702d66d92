import numpy as np
import pandas as pd

from noncoding.common.frames import write_table


def test_a_table_has_significant_digits_and_no_index(tmp_path):
    table = pd.DataFrame({"name": ["a", "NA"], "value": [1 / 3, np.nan], "count": [1, 2]}, [7, 9])
    write_table(table, tmp_path / "new" / "table.tsv", digits=3)
    expected = "name\tvalue\tcount\na\t0.333\t1\nNA\t\t2\n"
    assert (tmp_path / "new" / "table.tsv").read_text() == expected

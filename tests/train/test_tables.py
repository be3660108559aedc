"""Tables as people have them: each is read and prepared, or refused in one line that says where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygraph.train import cells
from tinygraph.train.cells import Cells, is_date, settle
from tinygraph.train.columns import Columns, Target
from tinygraph.train.parts import read_parts
from tinygraph.train.tables import read_rows, read_table

pd = pytest.importorskip("pandas")


def prepared(path: Path, text: str | bytes, label: str | None = None) -> tuple[Any, Any, Any, Any, list[str]]:
    """X, Y, the Columns, the Target of a table, and all lines about it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    table = read_table(path)
    rows, label = {**table.columns}, label or table.label
    signs = settle(rows.values(), table.separator)
    target = Target.fit(labels := rows.pop(label))
    there = labels.there
    rows = {name: column.take(there) for name, column in rows.items()}
    columns = Columns.fit(rows)
    X, Y = columns.matrix(rows), target.encode(labels.take(there))
    assert X.shape == (len(columns.features), there.sum())
    assert np.isfinite(X).all()
    assert Y.shape[-1] == there.sum()
    return X, Y, columns, target, [*table.said, *signs, *columns.said, *target.said]


# name, text, label, features, classes, a line about it
READ = [
    ("plain.csv", "a,b,y\n1.5,2,0\n2,3,1\n5,9,0\n2,1,1\n", None, ["a", "b"], (0, 1), "label 'y': two classes"),
    ("semicolons.csv", "a;b;y\n1,5;2;ja\n2,5;3;nein\n0,5;1;ja\n3;9;nein\n", None, ["a", "b"], ("ja", "nein"),
     "the columns are separated by ';'"),
    ("commas.csv", "a;b;y\n1,5;2;0\n1.002,5;3;1\n0,5;1;0\n3;9;1\n", None, ["a", "b"], (0, 1), "decimal commas: a"),
    ("tabs.tsv", "a\tb\ty\n1\t2\t0\n2\t1\t1\n2\t2\t1\n1\t1\t0\n", None, ["a", "b"], (0, 1), None),
    ("bars.txt", "a|y\n1|0\n2|1\n2|1\n1|0\n", None, ["a"], (0, 1), "the columns are separated by '|'"),
    ("spaces.txt", " a  b y\n 1  2 0\n10  1 1\n 2 20 1\n 1  1 0\n", None, ["a", "b"], (0, 1), "separated by spaces"),
    ("bom.csv", "\ufeffa,y\n1.5,0\n2,1\n5,0\n2,1\n", None, ["a"], (0, 1), None),
    ("latin.csv", "größe,y\n1.5,rot\n2,grün\n5,rot\n4,grün\n".encode("latin-1"), None, ["größe"], ("grün", "rot"),
     "read as windows-1252"),
    ("wide.csv", "größe,y\n1.5,赤\n2,緑\n5,赤\n4,緑\n".encode("utf-16"), None, ["größe"], ("緑", "赤"), "as utf-16"),
    ("missing.csv", "a,c,y\n1.5,x,0\n,y,1\n5,,0\n2,x,1\nNA,y,1\n", None, ["a", "c=(missing)", "c=x", "c=y"], (0, 1),
     "missing values, and what stands for them: 2 of a (the median 2), 1 of c (a category)"),
    ("no_label.csv", "a,y\n1.5,u\n2,\n5,u\n2,v\n3,v\n", None, ["a"], ("u", "v"), "label 'y' is missing in 1 of 5 rows"),
    ("first.csv", "y,a\nno,1\nyes,2.5\nno,3\nyes,1\n", "y", ["a"], ("no", "yes"), None),
    ("signs.csv", "a,y\n1,-1\n2,1\n4,-1\n1,+1\n", None, ["a"], (-1, 1), None),
    ("plus.csv", "a,y\n1,-\n2,+\n4,-\n1,+\n", None, ["a"], ("+", "-"), None),
    ("rare.csv", "a,y\n" + "".join(f"{k % 7}.5,{int(k > 96)}\n" for k in range(100)), None, ["a"], (0, 1), None),
    ("id.csv", "id,a,y\n7,3,a\n12,1,b\n3,7,a\n41,2,b\n", None, ["a"], ("a", "b"), "'id' is left out: it numbers"),
    ("index.csv", ",a,y\n0,1,0\n1,2,1\n2,1,0\n3,2,1\n", None, ["a"], (0, 1), "'column 1' is left out: it numbers"),
    ("r.csv", "a,y\nr1,1,0\nr2,2,1\nr3,1,0\nr4,2,1\n", None, ["a"], (0, 1), "it is text with 4 different values"),
    ("dates.csv", "d,t,a,y\n2020-01-02,1:30,1,0\n2020-02-02,12:05,2,1\n2021-01-02,12:05,1,0\n3 May 2020,1:01,2,1\n",
     None, ["a"], (0, 1), "column 'd' is left out: it holds dates"),
    ("percent.csv", "p,y\n45 %,0\n5%,1\n7.5 %,0\n10%,1\n", None, ["p"], (0, 1), None),
    ("trailing.csv", "a,y,\n1,0,\n2,1,\n1,0,\n2,1,\n", None, ["a"], (0, 1), None),
    ("ends.csv", "a,y\n1,0,\n2,1,\n1,0,\n2,1,\n", None, ["a"], (0, 1), None),
    ("many_ends.csv", "a;y;;;\n1;0;;;\n2;1;;;\n1;0;;;\n2;1;;;\n", None, ["a"], (0, 1), None),
    ("quotes.csv", 'a,y\n"x\ny",0\n"z, ""w""",1\n"x\ny",0\n"z, ""w""",1\n', None, ["a=x y", 'a=z, "w"'], (0, 1), None),
    ("twice.csv", "a,a,y\n1,1,0\n2,1,1\n5,2,0\n3,2,1\n", None, ["a", "a (column 2)"], (0, 1),
     "another column 'a' is named 'a (column 2)'"),
    ("thousands.csv", 'a,y\n"1,200",0\n"12,000.5",1\n"1,500",0\n3000,1\n', None, ["a"], (0, 1), None),
    ("booleans.csv", "f,y\nTRUE,False\nFALSE,True\nTRUE,False\n,True\n", None, ["f=(missing)", "f=False", "f=True"],
     (False, True), None),
    ("unicode.csv", "Ünï,年,y\n1,北,0\n2,南,1\n1,北,0\n2,南,1\n", None, ["Ünï", "年=北", "年=南"], (0, 1), None),
    ("empty_column.csv", "a,b,y\n1,,0\n2,NA,1\n1,?,0\n2,,1\n", None, ["a"], (0, 1), "'b' is left out: it is empty"),
    ("constant.csv", "a,b,c,y\n1,x,7,0\n2,x,7.,1\n1,x,7,0\n2,x,7,1\n", None, ["a"], (0, 1), "'c' is left out: it is 7"),
    ("huge.csv", "a,y\n123456789012345678901234567890,0\n2,1\n3,0\n9,1\n", None, ["a"], (0, 1), None),
    ("codes.csv", "a,y\n1,0\nB,1\n1,0\nB,1\n2,1\n2,0\n", None, ["a=1", "a=2", "a=B"], (0, 1),
     "column 'a' is taken as text, because 'B' is not a number: 3 features, one for each different value"),
    ("many.csv", "n,y\n" + "".join(f"name {k % 12},{k % 2}\n" for k in range(40)), None,
     [f"n=name {k}" for k in (0, 1, 10, 11, *range(2, 10))], (0, 1), "column 'n' is taken as text: 12 features"),
    ("marks.csv", "a,b,y\n1.5,n.a.,0\n#DIV/0!,2.5,1\n\\N,9,0\n2,1,1\n", None, ["a", "b"], (0, 1),
     "missing values, and what stands for them: 2 of a (the median 1.75), 1 of b (the median 2.5)"),
    ("marks_and_commas.csv", "a;y\n1,5;0\nn.a.;1\n3,5;0\n2;1\n", None, ["a"], (0, 1), "1 of a (the median 2)"),
    ("errors.csv", "c,y\nu,0\n#REF!,1\nu,0\nv,1\n", None, ["c=(missing)", "c=u", "c=v"], (0, 1), "1 of c (a category)"),
    ("names.csv", "n,a,y\n" + "".join(f"name {k % 15},{k % 2},{k % 3}\n" for k in range(24)), None, ["a"], (0, 1, 2),
     "it is text with 15 different values in 24 rows"),
    ("iris.csv", "5.1,3.5,setosa\n4.9,3.0,virginica\n5,3,setosa\n6,3,virginica\n", None, ["column 1", "column 2"],
     ("setosa", "virginica"), "there is no header"),
    ("mushrooms.csv", "p,x,y\ne,x,n\np,w,y\ne,w,n\n", None, ["column 1=e", "column 1=p", "column 2=w", "column 2=x"],
     ("n", "y"), "there is no header"),
    ("land.csv", "land,1990,1991\nu,3,1.5\nv,1,2\nu,2,7\nv,2,3\n", None, ["land=u", "land=v", "1990"], (),
     "the first line, land, 1990, 1991, is taken for a header"),
    ("spans.csv", "1990,1991,u\n1995,1996,v\n1993,1999,u\n1991,1992,v\n", None, ["column 1", "column 2"], ("u", "v"),
     "there is no header"),
    ("from_0.csv", "0,1,u\n4,2,v\n3,7,u\n1,2,v\n", None, ["column 1", "column 2"], ("u", "v"), "there is no header"),
    ("savetxt.txt", "# a b y\n1.5e+00 2 0\n2.5e+00 1 1\n1.5e+00 2 0\n2.5e+00 2 1\n", None, ["a", "b"], (0, 1),
     "separated by spaces"),
    ("years.csv", "1990,1991,y\n1.5,3,0\n2,1,1\n7,2,0\n2,2,1\n", None, ["1990", "1991"], (0, 1), None),
    ("counts.csv", "0,1,2\n1,3,0\n2,1,1\n7,2,0\n2,2,1\n", None, ["0", "1"], (0, 1), "0, 1, 2, is taken for a header"),
    ("numbers.csv", "a,y\n1,1.5\n2,2.5\n1,3\n5,4\n", None, ["a"], (), "label 'y': numbers"),
    ("old_mac.csv", "a,y\r1,0\r2,1\r1,0\r2,1\r", None, ["a"], (0, 1), None),
    ("excel.csv", "sep=;\r\na;y\r\n1;0\r\n2;1\r\n1;0\r\n2;1\r\n", None, ["a"], (0, 1), "separated by ';'"),
    ("decimals.csv", "a;y\n0,123;0\n0,456;1\n0,789;0\n0,123;1\n", None, ["a"], (0, 1), "decimal commas: a"),
    ("close.csv", "a,b,y\n" + "".join(f"{10**25 + k},{k % 2}.5,{k % 2}\n" for k in range(4)), None, ["b"], (0, 1),
     "'a' is left out: it is near 1e+25 in all of 4 rows, too close for float64 to tell"),
    ("big.csv", "a,b,y\n" + "".join(f"{10**25},{k % 2}.5,{k % 2}\n" for k in range(3)) + ",1,1\n", None, ["b"], (0, 1),
     "'a' is left out: it is 1e+25 in all of 3 rows"),
    ("squares.csv", "a,y\n1,0\n4,1\n90,0\n400,1\n", None, ["a"], (0, 1), None),
    ("ticked.csv", "a,y\nx,0\n,1\nx,0\n,1\n", None, ["a=(missing)", "a=x"], (0, 1), "2 of a (a category)"),
    ("r_semicolons.csv", "a;y\nr1;1;0\nr2;2;1\nr3;1;0\nr4;2;1\n", None, ["a"], (0, 1), "column 'column 1' is left out"),
    ("r_numbers.csv", "a,y\n5,1,0\n5,2,1\n6,1,0\n6,2,1\n", None, ["column 1", "a"], (0, 1),
     "the header has a name less than there are columns; the first column gets none"),
    ("notes.csv", "a,y,\n1,0,x\n2,1,\n1,0,\n2,1,\n", "y", ["a", "column 3=(missing)", "column 3=x"], (0, 1), None),
    ("zero.csv", "0,u\n1,v\n0,u\n1,v\n", None, ["column 1"], ("u", "v"), "there is no header"),
    ("note.csv", "note,1,u\n,2,v\n,1,u\n,2,v\n", None, ["column 1=(missing)", "column 1=note", "column 2"], ("u", "v"),
     "there is no header"),
    ("money.csv", "a;b;y\n1.234,50 €;$2;0\n7,5 €;$3;1\n1 €;$2;0\n2 €;$3;1\n", None, ["a", "b"], (0, 1), "commas: a"),
    ("owed.csv", "a,y\n-$1,0\n$2,1\n-\u20ac 3.5,0\n\u2212$5,1\n", None, ["a"], (0, 1), None),
    ("postal.csv", "a,y\n01234,01\n1234,1\n01234,1\n1234,01\n,1\n", None, ["a=(missing)", "a=01234", "a=1234"],
     ("01", "1"), "label 'y': two classes"),
    ("no_codes.csv", "a,b,y\n05,0.5,0\n7.5,00,1\n0,1,0\n0,1,1\n", None, ["a", "b"], (0, 1), None),
    ("codes_first.csv", "01234,b\n12345,c\n12345,b\n01234,c\n", None, ["column 1=01234", "column 1=12345"], ("b", "c"),
     "there is no header"),
    ("nearly.csv", "name,n,a,y\n" + "".join(f"name {max(k, 1)},{max(k, 1)},{k % 2},{k % 3}\n" for k in range(40)), None,
     ["a"], (0, 1, 2), "column 'name' is left out: it is text with 39 different values in 40 rows"),
    ("shuffled.csv", "n,a,y\n" + "".join(f"{k * 17 % 40 + 900},{k % 2},{k % 3}\n" for k in range(40)), None,
     ["a"], (0, 1, 2), "column 'n' is left out: it numbers the rows"),
    ("gaps.csv", "n,a,y\n" + "".join(f"{'' if k == 7 else k},{k % 2},{k % 3}\n" for k in range(40)), None,
     ["a"], (0, 1, 2), "column 'n' is left out: it numbers the rows"),
    ("often.csv", "n,c,y\n" + "".join(f"{k * k % 23},n{k % 6},{k % 3}\n" for k in range(40)), None,
     ["n", "c=n0", "c=n1", "c=n2", "c=n3", "c=n4", "c=n5"], (0, 1, 2), None),
    ("alike.csv", "a,y\n" + "1,Yes\n2,no\n3,yes\n4,N o\n5,YES \n" * 2, None, ["a"], ("N o", "YES", "Yes", "no", "yes"),
     "label 'y': classes that differ only in case or spaces: N o, no; YES, Yes, yes"),
    ("title.csv", "Sales of 2024,,\n,,\na,b,y\n1,2,0\n2,1,1\n1,2,0\n2,2,1\n", None, ["a", "b"], (0, 1),
     "line 3 is the header; what stands above it is left out: 'Sales of 2024'"),
    ("comment.csv", "# by hand, 3 May\n# again\na;b;y\n1,5;2;0\n2;1;1\n1,5;2;0\n2;2;1\n", None, ["a", "b"], (0, 1),
     "line 3 is the header"),
    ("years.csv", "u,2001,2002\nv,2003,2005\nw,,2004\nv,2002,2002\nu,2001,2003\nw,2002,2004\n", None,
     ["column 1=u", "column 1=v", "column 1=w", "column 2"], (), "there is no header"),
    ("two_years.csv", "2001,2002\n2001,2002\n2003,2004\n2001,2004\n", None, ["column 1"], (2002, 2004),
     "there is no header"),
    ("next_years.csv", "1990,1991,1992\n1991,1992,1993\n1999,1992,1992\n1990,1996,1993\n", None,
     ["column 1", "column 2"], (1992, 1993), "there is no header"),
    ("symbols.txt", "sym v y\n# 0 0\n@ 1 1\n# 1 0\n@ 2 1\n", None, ["sym=#", "sym=@", "v"], (0, 1), None),
    ("symbols_alone.txt", "# 0 0\n@ 1 1\n# 1 0\n@ 2 1\n", None, ["column 1=#", "column 1=@", "column 2"], (0, 1),
     "there is no header"),
    ("short_comment.csv", "# by hand\na,y\n1,0\n2,1\n1,0\n2,1\n", None, ["a"], (0, 1), "line 2 is the header"),
    ("sparse.csv", "7,,\n1,2,0\n,1,1\n1,2,0\n2,2,1\n", None, ["column 1", "column 2"], (0, 1), "there is no header"),
    ("blank_lines.csv", "a,y\n\n1,0\n2,1\n,\n1,0\n2,1\n\n", None, ["a"], (0, 1), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "label", "features", "classes", "line"), READ, ids=[row[0] for row in READ])
def test_a_table_is_read_and_prepared(
    tmp_path: Path, name: str, text: Any, label: Any, features: Any, classes: Any, line: Any
) -> None:
    _, _, columns, target, said = prepared(tmp_path / name, text, label)
    assert columns.features == features
    assert target.classes == classes
    assert [*map(type, target.classes)] == [*map(type, classes)]
    assert line is None or line in "\n".join(said)
    assert all("\n" not in text for text in said)


# name, text, what the line says
REFUSED = [
    ("missing.csv", None, "missing.csv: no such file"),
    ("table.doc", "a,y\n1,0\n", "expected a file ending in .csv, .tsv, .txt, .npz, .h5, .parquet, .xlsx, got '.doc'"),
    ("empty.csv", "", "empty.csv is empty"),
    ("blank.csv", "\n , \n", "blank.csv is empty"),
    ("header.csv", "a,b,y\n", "header.csv has one line, which is taken for the header, and no rows"),
    ("short.csv", "a,b,y\n1,2,0\n2,1\n5,2,0\n", "short.csv, line 3: 2 columns, where the header has 3"),
    ("long.csv", "1,2,0\n2,1,1,1\n5,2,0\n", "long.csv, line 2: 4 columns, where line 1 has 3"),
    ("spaces.csv", "first name,y\nAnna Bell,1\nBo Lee,0,3\n", "spaces.csv, line 3: 3 columns, where the header has 2"),
    ("after_quotes.csv", 'a,y\n"x\n\ny",0\n1\n', "after_quotes.csv, line 5: 1 columns, where the header has 2"),
    ("quote.csv", 'a,b,y\n1,"x\ny,0\n2,z,1\n', "quote.csv, line 4: unexpected end of data"),
    ("cell.csv", f"a,y\n{'w' * 200_000},0\n1,1\n", "cell.csv, line 2: field larger than field limit"),
    ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture.csv is not a table of text in UTF-8, UTF-16 or"),
    ("half.csv", b"\xff\xfea\0,", "half.csv is not a table of text in UTF-8, UTF-16 or"),
    ("one_class.csv", "a,y\n1,1\n2,1\n4,1\n", "label 'y' is 1 in all of 3 rows: it needs two different values"),
    (
        "na.csv",
        "a,y\n1,EU\n2,NA\n4,EU\n5,NA\n",
        "label 'y' is 'EU' in all of 2 rows: it needs two different values; "
        "it is missing in 2 of 4 rows, which are left out, such as 'NA'",
    ),
    (
        "few.csv",
        "a,y\n1,3\n2,3\n4,7\n2,3\n4,5\n1,5\n",
        "such as '7'; it needs two; or take them as numbers with --task num",
    ),
    ("one_row.csv", "a,y\n1,0\n", "label 'y' is 0 in all of 1 rows"),
    ("one_example.csv", "a,y\n1,u\n2,u\n4,v\n", "label 'y': a class has one example, such as 'v'; it needs two"),
    ("ids.csv", "a,y\n1,u\n2,v\n4,w\n", "label 'y': 3 of 3 classes have one example, such as 'u'"),
    (
        "no_label.csv",
        "a,y\n1,\n2,NA\n",
        "label 'y' is empty: it needs two different values; it is missing in 2 of 2 rows, which",
    ),
    ("one_column.csv", "y\n1\n2\n1\n2\n", "no column is left to learn from: there is only the label"),
    ("useless.csv", "a,y\n1,0\n1,1\n1,0\n1,1\n", "no column is left to learn from: column 'a' is left out: it is 1 in"),
    ("mixed.csv", "a,y\n1,0\n2,1\nabc,0\n3,1\n5,0\n6,1\n", "column 'a', line 4: 'abc' is not a number, but 5 of 6"),
    ("sold.csv", "a,y\n1,1.5\n2,2.5\n3,sold\n5,4\n", "column 'y', line 4: 'sold' is not a number, but 3 of 4 values"),
    ("debts.csv", "a,y\n1,15\n2,(3)\n3,7\n5,9\n", "column 'y', line 3: '(3)' is not a number, but 3 of 4 values are"),
    ("infinite.csv", "a,y\n1,0\ninf,1\n3,0\n9,1\n", "column 'a', line 3: expected a finite number, got 'inf'"),
    ("large.csv", "a,y\n1e300,0\n2,1\n3,0\n-1e300,1\n", "column 'a' has numbers too large, or too close,"),
    (
        "close_label.csv",
        "a,y\n" + "".join(f"{k},{10**25 + k}\n" for k in range(4)),
        "label 'y' is near 1e+25 in all of 4 rows, too close for float64 to tell its values apart: it needs two",
    ),
    ("infinite_label.csv", "a,y\n1,0.5\n2,inf\n3,0\n", "column 'y', line 3: expected a finite number, got 'inf'"),
]


@pytest.mark.parametrize(("name", "text", "line"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_table_is_refused_in_one_line(tmp_path: Path, name: str, text: Any, line: str) -> None:
    with pytest.raises(ValueError) as refused:
        prepared(tmp_path / name, text) if text is not None else read_table(tmp_path / name)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_numbers_are_read_in_their_notation(tmp_path: Path) -> None:
    text = "a;b;c;d;y\n1,5;1.234;1 234;\u22123 %;0\n1.000,25;2.345;12;4%;1\n-,5;1.000;1'000'000;5;0\n3;;1e3;.;1\n"
    X, _, columns, _, _ = prepared(tmp_path / "t.csv", text)
    mean, std, fill = (np.array([[getattr(c, key)] for c in columns.columns]) for key in ("mean", "std", "fill"))
    raw = X * std + mean
    wanted = [[1.5, 1000.25, -0.5, 3], [1234, 2345, 1000, 1234], [1234, 12, 1e6, 1e3], [-3, 4, 5, 4]]
    np.testing.assert_allclose(raw, wanted)  # the other columns decide how 1.234 is read
    np.testing.assert_allclose(fill[:, 0], [2.25, 1234, 1117, 4])
    again = columns.matrix({"a": "1.000,25", "b": 2345, "c": "12", "d": "4 %"})
    np.testing.assert_array_equal(again[:, 0], X[:, 1])


# the table, X and Y as numbers, and the line about an open question
SIGNS: list[tuple[str, list[float], list[float], str]] = [
    ("a;y\n0,55;5,365\n0,7;4,125\n0,2;3,500\n", [0.55, 0.7, 0.2], [5.365, 4.125, 3.5], ""),
    ("a;y\n5,365;0,55\n4,125;0,7\n3,500;0,2\n", [5.365, 4.125, 3.5], [0.55, 0.7, 0.2], ""),
    ("a;y\n5.365;0,55\n4.125;0,7\n3.500;0,2\n", [5365, 4125, 3500], [0.55, 0.7, 0.2], ""),
    ("a;y\n1,5;\n5,365;0.5\n4,125;7.5\n3,500;2.5\n", [5365, 4125, 3500], [0.5, 7.5, 2.5], ""),
    ("a;y\n1,234;5,365\n2,345;4,125\n1,500;3,500\n", [1.234, 2.345, 1.5], [5.365, 4.125, 3.5],
     "column 'a': '1,234' is read as 1.234 (as in 2 columns); if it is 1234, write that"),
    ("a\ty\n1,234\t5,365\n2,345\t4,125\n1,500\t3,500\n", [1.234, 2.345, 1.5], [5.365, 4.125, 3.5], "read as 1.234"),
    ('a,y\n"1,234",5\n"2,345",4.5\n"1,500",3\n', [1234, 2345, 1500], [5, 4.5, 3], ""),
    ('a,y\n"1,234",50\n"2,345",40\n"1,500",30\n', [1234, 2345, 1500], [50, 40, 30],
     "column 'a': '1,234' is read as 1234; if it is 1.234, write that"),
    ("a\ty\n1.234\t5\n2.345\t4\n1.500\t3\n", [1.234, 2.345, 1.5], [5, 4, 3], "'1.234' is read as 1.234; if it is 1234"),
    ("a,y\n1.234,5\n2.345,4\n1.500,3\n", [1.234, 2.345, 1.5], [5, 4, 3], ""),
    ("a;y\n5,365;50\n4,125;40\n3,500;30\nsource: us;\n", [5.365, 4.125, 3.5], [50, 40, 30], "'5,365' is read as 5.365"),
    ("a;b;c;y\n1,5;0.5;1,234;5\n2,5;1.5;2,345;4\n9,5;3.5;1,500;3\n", [1.5, 2.5, 9.5], [5, 4, 3],
     "'1,234' is read as 1.234"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "a", "y", "line"), SIGNS)
def test_the_label_and_the_columns_have_one_decimal_sign(
    tmp_path: Path, text: str, a: list[float], y: list[float], line: str
) -> None:
    (tmp_path / "t.tsv").write_text(text)
    parts = read_parts(tmp_path / "t.tsv", task="numbers", keep=["a"])
    table, first = read_table(tmp_path / "t.tsv").columns, parts.columns.columns[0]
    there = parts.target.known(Cells("y", table["y"].raw))
    table = {name: column.take(there) for name, column in table.items()}
    settle(table.values(), known=[first, parts.target])
    X = parts.columns.matrix(table)
    np.testing.assert_allclose(X[0] * first.std + first.mean, a)
    np.testing.assert_allclose(parts.target.decode(parts.target.encode(table["y"])), y)
    assert ("decimal commas: " in "".join(parts.said)) == ("," in (first.decimal, parts.target.decimal))
    doubts = [x for x in parts.said if "is read as" in x]
    assert len(doubts) == bool(line)
    assert all(line in x for x in doubts)


def test_the_arrays_of_an_npz_file(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((3, 8))
    np.savez(tmp_path / "t.npz", X=X, Y=np.array([0, 1] * 4)[None])
    table = read_table(tmp_path / "t.npz")
    assert (table.label, table.said, table.white) == ("Y", [], None)
    assert [*table.columns] == ["column 1", "column 2", "column 3", "Y"]
    np.testing.assert_array_equal([column.raw for column in table.columns.values()], [*X, [0, 1] * 4])
    np.savez(tmp_path / "turned.npz", X=X.T, Y=np.zeros(8))
    with pytest.raises(ValueError, match=r"expected Y \(1, 3\), .*; X holds an example a column, so save X\.T"):
        read_table(tmp_path / "turned.npz")
    np.savez(tmp_path / "more.npz", X=X, Y=np.zeros(8), kind=np.arange(8)[:, None], short=np.zeros(7))
    table = read_table(tmp_path / "more.npz", "kind")
    assert (table.label, [*table.columns]) == ("kind", ["column 1", "column 2", "column 3", "kind"])
    np.testing.assert_array_equal(table.columns["kind"].raw, np.arange(8))
    assert read_table(tmp_path / "more.npz", "column 2").label == "Y"  # a column, which is no entry
    with pytest.raises(ValueError, match=r"expected short \(1, 8\), a label for each column of X \(3, 8\); got \(7,\)"):
        read_table(tmp_path / "more.npz", "short")
    np.savez(tmp_path / "x.npz", X=X)
    assert [*read_table(tmp_path / "x.npz").columns] == ["column 1", "column 2", "column 3"]


WORDS = """Jan 5, 2020|January 5 2020|jan. 5th, 2020|5 January 2020|5. Januar 2020|3-Jan-20|5 mars 2020|Jan 2020
2020 Jan 5|Sunday, Jan 5, 2020|Sun, 05 Jan 2020 10:30:00|Jan 5, 2020, 10:30 am|2020-01-05T10:30Z|5.1.2020|10:30"""


def test_dates_in_words_are_dates() -> None:
    assert all(map(is_date, WORDS.replace("\n", "|").split("|")))
    for word in ("Model 5, 2020", "Deck 1234", "2020", "5", "Jan", "May be 2020", "Sun", "1.5", "a-1-20", "12 2020"):
        assert not is_date(word)


def test_each_cell_is_read_once(tmp_path: Path, monkeypatch: Any) -> None:
    rows = "".join(f"{k % 7},{k}.5,{k % 5 - 2}.25,{k % 2}\n" for k in range(1, 101)) + "1,2,3,\n"  # one without label
    (tmp_path / "t.csv").write_text(f"a,b,c,y\n{rows}")
    seen: list[Any] = []
    monkeypatch.setattr(cells, "number", lambda x, decimal=".", true=cells.number: seen.append(x) or true(x, decimal))
    read_parts(tmp_path / "t.csv")
    assert len([x for x in seen if "." in x]) < 220  # of 200; a column is given up at its first text


def test_a_sign_is_read_as_the_rows_have_it_or_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b;y\n1,5;2.500;0,5\n2,5;3.500;1,5\n7,25;1.250;2,5\n")
    parts = read_parts(tmp_path / "t.csv")
    wanted = parts.columns.matrix({"a": "5,365", "b": 1500})
    (tmp_path / "rows.csv").write_text("a,b,y\n5.365,1500.0,1.234\n")
    table = read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
    np.testing.assert_array_equal(parts.columns.matrix(table.columns), wanted)
    np.testing.assert_allclose(parts.target.decode(parts.target.encode(table.columns["y"])), 1.234)
    assert table.said == ["decimal points, unlike in the model's table: a, b, y"]
    for text in ("a;b\n5,365;1500,0\n", "a,b\n5.365,1500.00\n", "a;b\n5,365;1.500\n"):
        (tmp_path / "rows.csv").write_text(text)
        table = read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
        np.testing.assert_allclose(parts.columns.matrix(table.columns), wanted, atol=0.01)
    (tmp_path / "rows.csv").write_text("a,b\n5.365,1500\n")
    line = "column 'a', line 2: '5.365' is 5365 with ',' as the decimal sign, as in the model's table, and else 5.365"
    with pytest.raises(ValueError, match=re.escape(f"rows.csv: {line}; write 5365 or 5,365")):
        read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
    with pytest.raises(ValueError, match=r"column 'a', row 0: '5\.365' is 5365 with ','"):
        parts.columns.matrix({"a": "5.365", "b": 3})
    with pytest.raises(ValueError, match=r"column 'y', row 0: '5\.365' is 5365 with ','"):
        parts.target.encode(["5.365"])


def test_thousands_are_read_where_the_table_has_them() -> None:
    columns = Columns.fit(pd.DataFrame({"a": ["1,200", "12,000.5", "3"], "b": ["1.5", "2", "4"]}))
    assert [column.grouped for column in columns.columns] == [True, False]
    np.testing.assert_array_equal(columns.matrix({"a": "1,500", "b": 2}), columns.matrix({"a": 1500, "b": 2}))
    with pytest.raises(ValueError, match=r"'1,500' is 1500 with '\.' as the decimal sign, .* write 1500 or 1\.5"):
        columns.matrix({"a": 3, "b": "1,500"})


def test_classes_of_few_examples_get_a_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{k * k % 31},class {k % 20}\n" for k in range(40)))
    parts = read_parts(tmp_path / "t.csv")
    assert parts.said[-1].endswith("t.csv: classes have few examples: 20 of 40 rows are to test on, 0 to validate")
    (tmp_path / "t.csv").write_text("a,y\n5,0.5\n2,1.5\n3,0.1\n")
    assert (
        read_parts(tmp_path / "t.csv")
        .said[-1]
        .endswith("the table is short: 1 of 3 rows are to test on, 1 to validate")
    )
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{k * k % 31},class {k % 4}\n" for k in range(40)))
    assert "few examples" not in "".join(read_parts(tmp_path / "t.csv").said)


@pytest.mark.parametrize("text", ["a\n50,0;\n", "a\n50,0;\n60,0;\n", "a;\n50,0;\n", "a;b\n50,0;1;\n"])
def test_rows_may_end_with_a_separator(tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.csv").write_text(text)
    columns = Columns.fit(pd.DataFrame({"a": ["1,5", "2,5"], "b": [1, 1]}))
    table = read_rows(tmp_path / "rows.csv", columns, Target("y", "numbers"))
    assert columns.matrix(table.columns)[0, 0] == columns.matrix({"a": 50})[0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "{}\n0,5\n",
        "{}\n0,5\n7,5\n",
        "{}\r\n0,5\r\n\r\n",
        '"{}"\n"0,5"\n',
        "{}\n5e-1\n",
        "{}\r0,5\r",
        '{}\n"0,5"\n"1,5"\n',
    ],
)
@pytest.mark.parametrize("name", ["a", "my size"])
def test_a_column_alone_is_not_separated_at_its_decimal_commas(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "rows.csv").write_text(text.format(name))
    columns = Columns.fit({name: ["1,5", "2,5", "4,5"]})
    table = read_rows(tmp_path / "rows.csv", columns, Target("y", "numbers"))
    assert columns.matrix(table.columns)[0, 0] == columns.matrix({name: 0.5})[0, 0]
    assert table.said == []
    (tmp_path / "rows.csv").write_text('"a, in m"\n0,5\n')
    with pytest.raises(ValueError, match=r"rows\.csv, line 2: 2 columns, where the header has 1"):
        read_rows(tmp_path / "rows.csv", columns, Target("y", "numbers"))


def test_rows_without_a_header_are_refused_with_the_header(tmp_path: Path) -> None:
    columns = Columns.fit(pd.DataFrame({"a": ["1,5", "2,5", "1", "3"], "b": [*"uvuv"]}))
    (tmp_path / "rows.csv").write_text("50,0;u\n")
    with pytest.raises(ValueError, match=r"rows\.csv has no header, but the net .* by name: add a first line, a;b"):
        read_rows(tmp_path / "rows.csv", columns, Target("y", "numbers"))


def test_rows_of_a_table_without_a_header_are_told_by_their_place(tmp_path: Path) -> None:
    """Its label stands first, and its last column numbers the rows."""
    (tmp_path / "t.csv").write_text("".join(f"{'uv'[k % 2]},{k % 7}.5,{k % 5}.5,{k}\n" for k in range(30)))
    parts = read_parts(tmp_path / "t.csv", "1")
    assert parts.columns.names == ["column 2", "column 3"]
    wanted = parts.columns.matrix([1.5, 2.5])
    for text in ("u,1.5,2.5,77\n", "1.5,2.5,77\n", "column 3,column 2\n2.5,1.5\n"):
        (tmp_path / "rows.csv").write_text(text)
        table = read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
        np.testing.assert_array_equal(parts.columns.matrix(table.columns), wanted)
    for text in ("1.5,2.5\n", "1.5,2.5,77,3,4\n"):
        (tmp_path / "rows.csv").write_text(text)
        with pytest.raises(ValueError, match=r"rows\.csv has no header, .*: add a first line, column 2,column 3"):
            read_rows(tmp_path / "rows.csv", parts.columns, parts.target)


def test_names_that_are_numbers_are_a_header_of_rows_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "400,410,425,y\n" + "".join(f"{k % 7},{k % 5},{k % 3},{k % 2}\n" for k in range(30))
    )
    parts = read_parts(tmp_path / "t.csv")
    (tmp_path / "rows.csv").write_text("400, 410,425\n1,2,3\n1,2,x\n")
    table = read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
    assert table.said == ["the first line, 400, 410, 425, is taken for a header"]
    with pytest.raises(ValueError, match="column '425', line 3: expected a finite number, got 'x'"):
        parts.columns.matrix(table.columns)
    rows = {name: x.take(np.arange(1)) for name, x in table.columns.items()}
    np.testing.assert_array_equal(parts.columns.matrix(rows), parts.columns.matrix([1, 2, 3]))
    for text in ("1,2,3\n", "425,400,410\n3,1,2\n", "400,410,425\n1,2,3\n400,5,6\n"):
        (tmp_path / "rows.csv").write_text(text)
        with pytest.raises(ValueError, match="add a first line, 400,410,425"):
            read_rows(tmp_path / "rows.csv", parts.columns, parts.target)


def test_values_that_are_names_of_columns_are_no_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("0,1,y\n" + "".join(f"{k % 2},{k // 2 % 2},{k % 3 % 2}\n" for k in range(30)))
    parts = read_parts(tmp_path / "t.csv")
    (tmp_path / "rows.csv").write_text("1,0\n0,0\n1,1\n")
    with pytest.raises(ValueError, match=r"has no header, .*: add a first line, 0,1"):
        read_rows(tmp_path / "rows.csv", parts.columns, parts.target)
    (tmp_path / "t.csv").write_text("0,1,y\n" + "".join(f"5,{k // 2 % 2},{k % 3 % 2}\n" for k in range(30)))
    parts = read_parts(tmp_path / "t.csv")
    (tmp_path / "rows.csv").write_text("1\n0\n0\n")  # the net takes column 1 alone
    with pytest.raises(ValueError, match=r"has no header, .*: add a first line, 1"):
        read_rows(tmp_path / "rows.csv", parts.columns, parts.target)


# text, the columns
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"v"\n"r1",3000\n"r2",4000\n', {"column 1": ["r1", "r2"], "v": ["3000", "4000"]}),
        ('"v"\n"1",3000\n"2",4000\n', {"column 1": ["1", "2"], "v": ["3000", "4000"]}),
        ("comment\nbad; very\ngood\n", {"comment": ["bad; very", "good"]}),
        ("size\n1,000,000\n2,000,000\n", {"size": ["1,000,000", "2,000,000"]}),
        ("0.5 0.7\n", {"column 1": ["0.5"], "column 2": ["0.7"]}),
        ("a b\n0.5 0.7\n", {"a": ["0.5"], "b": ["0.7"]}),
        ("# made by me\n# a b y\n1 2 0\n3 4 1\n5 6 0\n", {"# made by me": ["# a b y", "1 2 0", "3 4 1", "5 6 0"]}),
        ("# by hand\na y\n1 0\n", {"# by hand": ["a y", "1 0"]}),
        ("a b y\n1 2 0\n# the end\n", {"a": ["1", "#"], "b": ["2", "the"], "y": ["0", "end"]}),
    ],
)
def test_lines_without_a_separator_in_the_header(tmp_path: Path, text: str, wanted: dict[str, list[str]]) -> None:
    (tmp_path / "t.csv").write_text(text)
    found = read_table(tmp_path / "t.csv").columns
    assert {name: [*x.raw] for name, x in found.items()} == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v\n0,3000\n1,4000\n", r"t\.csv: '0,3000' is one number, or a row number and another; write a decimal point"),
        ("v\r\n1,5\r\n2,5\r\n3,5\r\n", r"'1,5' is one number, or a row number and another"),
        ("Title\n1,2,3\n4,5,6\n", r"line 2: 3 columns, where the header has 1"),
        ("# 1 2\n3 4\n", "line 2: 2 columns, where the header has 3"),
        ("1 2 3\n4 5\n", "line 2: 2 columns, where line 1 has 3"),
    ],
)
def test_a_table_that_may_be_another_one_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "t.csv")


def test_images_of_the_course_are_divided_by_white(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    images = np.random.default_rng(0).integers(0, 256, (6, 2, 2, 3), dtype=np.uint8)
    for name, pixels in (("bytes", images), ("floats", images / 255)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["train_set_x"], file["train_set_y"] = pixels, np.array([0, 1] * 3)
    table = read_table(tmp_path / "bytes.h5")
    del table.columns["Y"]
    columns = Columns.fit(table.columns, white=table.white)
    np.testing.assert_array_equal(columns.matrix(table.columns), images.reshape(6, 12).T / 255)
    floats = read_table(tmp_path / "floats.h5")
    assert floats.white == 1
    assert floats.said == ["images of float64 from 0 to 1 are taken as they are; those of uint8 are divided by 255"]


def test_the_index_of_a_parquet_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": [1.5, 2.0], "b": [3, 4], "y": [0, 1]})
    frame.set_index(["a"]).to_parquet(tmp_path / "t.parquet")
    columns, said, *_ = read_table(tmp_path / "t.parquet")
    assert [*columns] == ["b", "y"]
    assert said == ["the index 'a' is not a column, and is left out"]
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").said == []


def test_a_table_of_excel_and_one_of_parquet(tmp_path: Path) -> None:
    wanted = pd.DataFrame({"a": [1.5, 2.0, None, 4.0], "c": ["x", "y", "x", None], "y": [True, False] * 2})
    for package, ending, writer in (("openpyxl", ".xlsx", "to_excel"), ("pyarrow", ".parquet", "to_parquet")):
        pytest.importorskip(package)
        getattr(wanted, writer)(tmp_path / f"t{ending}", index=False)
        rows, said, label, *_ = read_table(tmp_path / f"t{ending}")
        target = Target.fit(rows.pop(label))
        columns = Columns.fit(rows)
        assert (said, target.classes, columns.features) == ([], (False, True), ["a", "c=(missing)", "c=x", "c=y"])
        X = columns.matrix(wanted)
        np.testing.assert_array_equal(columns.matrix(rows), X)
        (tmp_path / f"bad{ending}").write_bytes(b"PK\3\4 no")
        with pytest.raises(ValueError, match=f"bad{ending} is damaged or no {ending} file: "):
            read_table(tmp_path / f"bad{ending}")


def test_dates_of_excel_and_the_first_of_two_sheets(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        dates = pd.date_range("2020-01-01", periods=4)
        rows = pd.DataFrame({"d": dates, "a": [1, 2, 1, 2], "y": list("uvuv")}).reindex([0, 1, 9, 2, 3])  # one is empty
        rows.to_excel(book, sheet_name="rows", index=False)
        pd.DataFrame({"b": [1]}).to_excel(book, sheet_name="notes")
    rows, said, *_ = read_table(tmp_path / "t.xlsx")
    assert said == ["the sheet 'rows' is read, the first of 2 with rows"]
    del rows["y"]
    assert rows["a"].places.tolist() == [2, 3, 5, 6]
    assert Columns.fit(rows).said == ("column 'd' is left out: it holds dates or times",)


def test_a_title_and_an_empty_sheet_of_excel(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame(["about"]).to_excel(book, sheet_name="notes", index=False, header=False)
        rows = [["Sales of 2024", None, None], [None] * 3, ["a", "b", "y"], [1, 2, "u"], [2, 1, "v"]]
        pd.DataFrame(rows).to_excel(book, sheet_name="rows", index=False, header=False)
    rows, said, *_ = read_table(tmp_path / "t.xlsx")
    assert [(name, column.raw.tolist()) for name, column in rows.items()] == [
        ("a", [1, 2]),
        ("b", [2, 1]),
        ("y", ["u", "v"]),
    ]
    assert said[0] == "the sheet 'rows' is read, the first of 2 with rows"
    assert said[1] == "row 3 is the header; what stands above it is left out: 'Sales of 2024'"


def test_a_row_without_a_label_decides_nothing(tmp_path: Path) -> None:
    """A second header with units; the "$" is no label, and the "mm" no text of the table."""
    (tmp_path / "t.csv").write_text("a,b,y\nmm,,$\n" + "".join(f"{k}.5,{'uv'[k % 2]},{k * k}.5\n" for k in range(20)))
    parts = read_parts(tmp_path / "t.csv")
    assert parts.columns.features == ["a", "b=u", "b=v"]
    assert f"{tmp_path}/t.csv: label 'y' is missing in 1 of 21 rows, which are left out" in parts.said


@pytest.mark.parametrize(("name", "package"), [("t.xlsx", "pandas"), ("t.xlsx", "openpyxl"), ("t.parquet", "pyarrow")])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: Any, name: str, package: str) -> None:
    (tmp_path / name).write_text("a,y\n1,0\n2,1\n")
    monkeypatch.setitem(__import__("sys").modules, package, None)
    install = r'pip install "\.\[tables\]" in a checkout, or pip install "X\.whl\[tables\]"'
    with pytest.raises(ValueError, match=rf"reading .*{name} needs {package}: {install}"):
        read_table(tmp_path / name)

"""Which file includes which, and through which unit a header is looked at."""

from signoff.verifiers.gpu.units.includes import Includers, resolve, written_in


def test_what_is_written() -> None:
    text = """#include "a.cuh"
      #  include <lib/b.h> // c
    #include <vector>
    #include <mma.h>
    #include "mma.h"
    // #include "no.h"
    const char* s = "#include";
    #include MACRO
    #include "a.cuh"
    #include "unterminated
    """
    assert written_in(text.encode()) == ("a.cuh", "lib/b.h", "mma.h")


def test_beside_the_includer_then_the_nearest_whose_path_ends_so() -> None:
    graph = resolve(
        {
            "/w/src/k.cu": ["k.cuh", "lib/b.h", "../up.h", "absent.h", "mma.h", "../../no/b.h"],
            "/w/src/k.cuh": ["lib/b.h"],
            "/w/up.h": [],
            "/w/include/lib/b.h": ["c.h"],
            "/w/include/lib/c.h": ["b.h"],
            "/w/other/deep/include/lib/b.h": [],
            "/w/include/arch/mma.h": [],
        }
    )
    assert graph.includes["/w/src/k.cu"] == ("/w/src/k.cuh", "/w/include/lib/b.h", "/w/up.h")
    assert graph.reached("/w/src/k.cu") == ("/w/src/k.cuh", "/w/include/lib/b.h", "/w/up.h", "/w/include/lib/c.h")
    # The toolkit's mma.h is meant, so its namesake's folder is no include folder.
    assert graph.include_dirs("/w/src/k.cu") == ("/w/include",)


def test_a_header_is_looked_at_through_a_declared_unit_then_its_folders_then_the_nearest() -> None:
    written = {
        "/w/a/near.cu": ["/w/b/x.h"],
        "/w/b/own.cu": ["x.h"],
        "/w/far/away/declared.cu": ["middle.h"],
        "/w/far/away/middle.h": ["b/x.h"],
        "/w/b/x.h": [],
        "/w/b/host.cpp": ["y.h"],
        "/w/b/y.h": [],
        "/w/b/lonely.h": [],
        "/w/a/only.h": [],
    }
    includers = Includers(resolve(written))
    assert includers.unit_of("/w/b/x.h", {"/w/far/away/declared.cu"}) == "/w/far/away/declared.cu"
    assert includers.unit_of("/w/b/x.h", ()) == "/w/b/own.cu"
    del written["/w/b/own.cu"]
    assert Includers(resolve({**written, "/w/a/near.cu": ["b/x.h"]})).unit_of("/w/b/x.h", ()) == "/w/a/near.cu"
    assert includers.unit_of("/w/b/y.h", ()) == ""
    assert includers.unit_of("/w/b/y.h", {"/w/b/host.cpp"}) == "/w/b/host.cpp"
    assert includers.unit_of("/w/b/lonely.h", ()) == ""


def test_includes_that_go_round_in_circles_and_many_of_them() -> None:
    written = {f"/w/{number}.h": [f"{number + 1}.h", f"{number - 1}.h"] for number in range(6000)}
    written["/w/k.cu"] = ["5000.h"]
    graph = resolve(written)
    assert 1000 < len(graph.reached("/w/k.cu")) <= 2000
    assert Includers(graph).unit_of("/w/4999.h", ()) == "/w/k.cu"
    assert Includers(graph).unit_of("/w/0.h", ()) == ""

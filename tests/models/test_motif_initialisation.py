import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from toy_store import DANQ, LENGTH, toy_sizes

from noncoding.common.errors import InputError
from noncoding.data.one_hot import codes, one_hot
from noncoding.models.architectures import create_model
from noncoding.models.motif_initialisation import diverse, motif_kernels, start_from_motifs
from noncoding.settings.models import MotifStart

# Columns: positions; rows: A, C, G, T.
TATA = np.array([[0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0]], dtype=float)
GCC = np.array([[0.0, 0.1, 0], [0, 0.8, 1], [1, 0.1, 0], [0, 0, 0]])


def meme(path, **motifs):
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", ""]
    for name, matrix in motifs.items():
        lines += [f"MOTIF MA{len(lines):04d}.1 {name}"]
        lines += [f"letter-probability matrix: alength= 4 w= {matrix.shape[1]} nsites= 9 E= 0"]
        lines += ["  ".join(f"{p:.6f}" for p in column) for column in matrix.T]
        lines += ["URL http://example.org", ""]
    path.write_text("\n".join(lines))
    return path


def table(**columns):
    found = pd.DataFrame(columns)
    found.insert(0, "index", range(len(found)))
    return found


def test_a_kernel_scores_like_a_scan():
    """Its best match is the consensus, and it ranks sites as their likelihood ratio does."""
    [kernel] = motif_kernels([GCC], 7)
    assert kernel.shape == (4, 7)
    assert np.linalg.norm(kernel) == pytest.approx(1)
    np.testing.assert_allclose(kernel.mean(axis=0), 0, atol=1e-6)
    assert not kernel[:, :2].any()
    assert not kernel[:, 5:].any()
    sites = ["".join(site) for site in itertools.product("ACGT", repeat=3)]
    scores = [(kernel[:, 2:5] * one_hot(codes(site))).sum() for site in sites]
    odds = [
        sum(math.log(GCC["ACGT".index(base), place] + 0.01) for place, base in enumerate(site))
        for site in sites
    ]
    assert sites[int(np.argmax(scores))] == "GCC"
    # The same up to a factor and a threshold.
    assert np.corrcoef(scores, odds)[0, 1] == pytest.approx(1)


def test_the_most_informative_part_of_a_long_motif_is_kept():
    vague = np.full((4, 6), 0.25)
    [kernel] = motif_kernels([np.hstack([vague, TATA])], 5)
    np.testing.assert_array_equal(kernel.argmax(axis=0)[1:], [3, 0, 3, 0])
    assert np.linalg.norm(kernel) == pytest.approx(1)


@pytest.mark.parametrize("architecture", ["hybrid", "danq"])
def test_first_kernels_are_initialised_with_motifs_of_the_targets(architecture, tmp_path):
    path = meme(tmp_path / "m.meme", OTHER=TATA, TBP=TATA, NRF=GCC)
    sizes = DANQ if architecture == "danq" else toy_sizes()
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, motifs=True, **sizes)
    before = network.motif_detectors.weight.detach().clone()
    targets = table(name=["K562 Nrf", "a", "chip 7"], assay=["Nrf", "", "Tbp"])
    started = start_from_motifs(network, path, targets)
    assert [key.split()[1] for key in started["kernels"]] == ["NRF", "TBP"]
    assert started["targets"] == [
        {"index": 0, "name": "K562 Nrf", "motifs": started["kernels"][:1]},
        {"index": 2, "name": "chip 7", "motifs": started["kernels"][1:]},
    ]
    after = network.motif_detectors.weight.detach()
    np.testing.assert_allclose(after[:2], motif_kernels([GCC, TATA], 7), rtol=1e-5)
    assert torch.equal(after[2:], before[2:])


def test_targets_of_the_same_name_are_told_apart(tmp_path):
    network = create_model(length=LENGTH, targets=2, motifs=True, **DANQ)
    targets = table(name=["TBP", "TBP"], cell_type=["K562", "HeLa"])
    started = start_from_motifs(network, meme(tmp_path / "m.meme", TBP=TATA), targets)
    assert [target["name"] for target in started["targets"]] == ["TBP (K562)", "TBP (HeLa)"]


def test_networks_and_files_without_motifs_are_refused(tmp_path):
    path = meme(tmp_path / "m.meme", TBP=TATA)
    network = create_model(length=LENGTH, targets=3, **toy_sizes())
    with pytest.raises(InputError, match="1 motifs, none of which belongs to one of the 2 targets"):
        start_from_motifs(network, path, table(name=["x", "y"]))
    with pytest.raises(InputError, match=r"none\.meme: found .*expected matrices in MEME format"):
        start_from_motifs(network, tmp_path / "none.meme", table(name=["TBP"]))
    sizes = toy_sizes()
    sizes["resnet"]["embedding"] = 3
    with pytest.raises(InputError, match="no convolution that is applied to bases"):
        start_from_motifs(
            create_model(length=LENGTH, targets=3, **sizes), path, table(name=["TBP"])
        )


def test_with_few_kernels_first_motifs_of_all_targets_take_precedence(tmp_path):
    path = meme(tmp_path / "m.meme", TBP=TATA, NRF=GCC, **{"TBP::NRF": GCC, "NRF::X": TATA})
    network = create_model(length=LENGTH, targets=3, motifs=True, **DANQ)
    detectors = network.motif_detectors
    detectors.weight = torch.nn.Parameter(detectors.weight[:3].detach())
    detectors.out_channels = 3
    started = start_from_motifs(network, path, table(name=["TBP", "NRF", "none"]))
    assert [key.split()[1] for key in started["kernels"]] == ["TBP", "NRF", "TBP::NRF"]
    assert [[key.split()[1] for key in target["motifs"]] for target in started["targets"]] == [
        ["TBP", "TBP::NRF"],
        ["NRF", "TBP::NRF"],
    ]


def random_motifs(seed, count, length=8):
    return np.random.default_rng(seed).dirichlet(np.full(4, 0.1), (count, length)).swapaxes(1, 2)


def network(kernels):
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=2, **DANQ | {"channels": kernels, "kernel": 9})


def start(path, kernels=40, names=("TBP", "NRF"), **choice):
    choice = MotifStart.model_validate(choice)
    started = start_from_motifs(network(kernels), path, table(name=list(names)), choice)
    return [key.split()[1] for key in started["kernels"]], started["targets"]


def naive_similarity(one, other):
    """Best scalar product over shifts and strands, base by base."""
    width, best = one.shape[1], -np.inf
    for strand in (other, other[::-1, ::-1]):
        for shift in range(1 - width, width):
            places = [place for place in range(width) if 0 <= place - shift < width]
            best = max(best, sum(one[:, p] @ strand[:, p - shift] for p in places))
    return best


def test_diverse_kernels_are_the_farthest_of_a_naive_search():
    kernels = motif_kernels(random_motifs(1, 12), 9)
    given = motif_kernels(random_motifs(2, 2), 9)
    before, expected = list(given), []
    for _ in range(7):
        worst = [max(naive_similarity(each, kernel) for each in before) for kernel in kernels]
        left = [i for i in range(12) if i not in expected]
        expected.append(min(left, key=worst.__getitem__))
        before.append(kernels[expected[-1]])
    assert diverse(kernels, 7, given) == expected
    assert sorted(diverse(kernels, 99)) == list(range(12))


def test_copies_of_a_kernel_are_chosen_last():
    """Also where they are shifted, or on the other strand."""
    one, *others = motif_kernels(random_motifs(3, 4, length=5), 9)
    copies = [np.roll(one, 1, axis=1), one[::-1, ::-1]]
    kernels = np.stack([one, *copies, *others])
    assert set(diverse(kernels, 4)) == {0, 3, 4, 5}
    assert set(diverse(kernels, 3, one[None])) == {3, 4, 5}


@pytest.fixture
def database(tmp_path):
    """Motifs of two targets, copies of them under other names, and 30 others."""
    tbp, nrf, *others = random_motifs(4, 32, length=10)
    named = {f"M{number}": motif for number, motif in enumerate(others)}
    reverse = np.ascontiguousarray(tbp[::-1, ::-1])
    copies = {"TBPLIKE": reverse, "NRFLIKE": np.ascontiguousarray(nrf[:, 1:])}
    return meme(tmp_path / "m.meme", **copies, **named, TBP=tbp, NRF=nrf)


def test_all_motifs_are_those_of_targets_and_then_others(database):
    names, targets = start(database, source="all")
    assert names[:2] == ["TBP", "NRF"]
    assert names[2:] == ["TBPLIKE", "NRFLIKE", *(f"M{n}" for n in range(30))]
    assert [target["name"] for target in targets] == ["TBP", "NRF"]
    # Copies of the targets' motifs are the least diverse.
    names, _ = start(database, kernels=24, source="all")
    assert names[:2] == ["TBP", "NRF"]
    assert len(set(names)) == 24
    assert not {"TBPLIKE", "NRFLIKE"} & set(names)
    assert names == start(database, kernels=24, source="all")[0]


def test_a_share_of_the_kernels_is_initialised(database):
    assert len(start(database, kernels=21, share=0.5, source="all")[0]) == 10
    assert start(database, kernels=2, share=0.5)[0] == ["TBP"]
    assert start(database, kernels=5, share=0.1)[0] == ["TBP"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["m1?"], {f"M1{n}" for n in range(10)}),
        (["M3", "M2*"], {"M3", "M2", *(f"M2{n}" for n in range(10))}),
        (["M3", "TB?"], {"M3"}),  # a pattern may match motifs of targets only
    ],
)
def test_others_are_named_by_patterns(database, patterns, expected):
    names, _ = by_name(database, patterns)
    assert set(names) == {"TBP", "NRF"} | expected


def by_name(path, patterns):
    choice = MotifStart.model_validate({"source": "all", "names": patterns})
    started = start_from_motifs(network(40), path, table(name=["TBP", "NRF"]), choice)
    return [key.split()[1] for key in started["kernels"]], started["targets"]


def test_identifiers_are_matched_like_names(database):
    [first] = [line for line in database.read_text().splitlines() if line.endswith(" M7")]
    assert set(by_name(database, [first.split()[1][:-1] + "*"])[0]) == {"TBP", "NRF", "M7"}
    with pytest.raises(InputError, match=r"m\.meme: found no motif that matches 'MX\*'"):
        by_name(database, ["M1", "MX*"])


def test_others_resemble_no_motif_of_a_target(database):
    names, targets = start(database, source="others")
    assert not {"TBP", "NRF", "TBPLIKE", "NRFLIKE"} & set(names)
    # A q-value of 0.05 excludes few of the unrelated ones.
    assert len(names) >= 25
    assert targets == []


def test_without_other_motifs_it_is_refused(tmp_path):
    path = meme(tmp_path / "m.meme", TBP=TATA)
    with pytest.raises(InputError, match="1 motifs, none of which remains"):
        start(path, source="others")


def test_motifs_without_information_are_left_out(tmp_path, caplog):
    path = meme(tmp_path / "m.meme", NRF=np.full((4, 6), 0.25), TBP=TATA)
    network = create_model(length=LENGTH, targets=3, motifs=True, **toy_sizes())
    started = start_from_motifs(
        network, path, table(name=["Nrf", "Tbp", "a"]), MotifStart(source="all", names=None)
    )
    assert [key.split()[1] for key in started["kernels"]] == ["TBP"]
    assert [target["name"] for target in started["targets"]] == ["Tbp"]
    assert "motifs without information are left out" in caplog.text
    assert network.motif_detectors.weight.isfinite().all()

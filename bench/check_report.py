"""What the report says of given figures, and what becomes of a run that was stopped. scripts/test bench runs it."""

import dataclasses
import pathlib
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import report
from measures import FULL, MEASURES
from pki import Pki, p256, rsa2048
from process import BenchError
from results import Results, with_big_buffers, with_default_buffers
from store import Entrant, Store
from targets import Target, outcome, targets


def entrant(name, kind="tls", big_buffers=False):
    return Entrant(name, kind, "as it is", "1.0", "00", big_buffers)


PERSONA = entrant("persona", "ours")
NGINX = entrant("nginx")
BIG = entrant("nginx-256k", big_buffers=True)
RELAY = entrant("nginx-tcp", "relay")


def results_of(*rounds, entrants=(PERSONA, NGINX, BIG, RELAY)):
    """`rounds`: {forwarder: figures} each."""
    return Results(entrants, [{"measure": "connect", "seconds": 1, "entries": {
        name: {"figures": figures} for name, figures in one.items()}} for one in rounds])


class Outcomes(unittest.TestCase):
    target = Target("a", "full_cpu", 2, 0.5)

    def verdict(self, results, target=None):
        return outcome(results, target or self.target).verdict

    def test_the_bound_itself_is_met_and_beyond_it_is_missed(self):
        self.assertEqual(self.verdict(results_of({"persona": {"full_cpu": 1}, "nginx": {"full_cpu": 2}})), "met")
        self.assertEqual(self.verdict(results_of({"persona": {"full_cpu": 1.01}, "nginx": {"full_cpu": 2}})), "missed")

    def test_a_relay_is_no_peer(self):
        self.assertEqual(self.verdict(results_of({"persona": {"full_cpu": 1}, "nginx": {"full_cpu": 2},
                                                  "nginx-tcp": {"full_cpu": 0.1}})), "met")

    def test_the_median_counts_and_the_best_peer(self):
        rounds = [{"persona": {"full_cpu": ours}, "nginx": {"full_cpu": 4}, "nginx-256k": {"full_cpu": 2}}
                  for ours in (1, 9, 1)]
        came = outcome(results_of(*rounds), self.target)
        self.assertEqual((came.ours, came.reference, came.whose, came.ratio, came.verdict), (1, 2, "nginx-256k", 0.5, "met"))

    def test_buffers_choose_the_peers(self):
        for usual, big in ((4, 2), (2, 4)):
            results = results_of({"persona": {"full_cpu": 1}, "nginx": {"full_cpu": usual}, "nginx-256k": {"full_cpu": big}})
            for among, reference in ((with_default_buffers, usual), (with_big_buffers, big)):
                self.assertEqual(outcome(results, dataclasses.replace(self.target, among=among)).reference, reference)

    def test_its_own_figure_can_be_the_reference(self):
        target = Target("a", "hybrid_cpu", 2, 1.1, own="classical_cpu")
        results = results_of({"persona": {"hybrid_cpu": 1.2, "classical_cpu": 1}, "nginx": {"hybrid_cpu": 9}})
        self.assertEqual(self.verdict(results, target), "missed")

    def test_what_was_not_measured_is_not_met(self):
        self.assertEqual(self.verdict(results_of({"nginx": {"full_cpu": 2}})), "not measured")
        self.assertEqual(self.verdict(results_of({"persona": {"full_cpu": 1}})), "not compared")
        self.assertEqual(self.verdict(results_of({"persona": {"full_cpu": None}, "nginx": {"full_cpu": 2}})), "missed")


class Pages(unittest.TestCase):
    def test_more_is_ahead_only_where_more_is_better(self):
        text = report.render(results_of({"persona": {"up1_cpu": 1, "up1_wall": 2}, "nginx": {"up1_cpu": 2, "up1_wall": 1}}),
                             FULL, [])
        self.assertIn("| Upload, 1 connection | CPU s/GB ×0.50 (nginx); wall GB/s ×2.00 (nginx) |  |  |", text)
        text = report.render(results_of({"persona": {"up1_cpu": 2, "up1_wall": 1}, "nginx": {"up1_cpu": 2.02, "up1_wall": 2}}),
                             FULL, [])
        self.assertIn("| Upload, 1 connection |  | CPU s/GB ×0.99 (nginx) | wall GB/s ×0.50 (nginx) |", text)

    def test_who_was_left_out_is_told_once_with_the_reason(self):
        part = {"measure": "hybrid", "seconds": 1, "entries": {"nginx": {"left_out": "nginx is too old"}}}
        text = report.render(Results([PERSONA, NGINX], [part, part]), FULL, [])
        self.assertEqual(text.count("Left out: nginx is too old"), 1)

    def test_every_target_has_a_table(self):
        keys = {figure.key for table in report.tables(FULL) for figure in table.figures}
        self.assertLessEqual({target.figure for target in targets(FULL)}, keys)
        self.assertEqual({table.measure for table in report.tables(FULL)}, set(MEASURES))


class Certificates(unittest.TestCase):
    def test_they_are_of_the_kind_that_is_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            for new_key, kind, bits in ((p256, ec.EllipticCurvePublicKey, 256), (rsa2048, rsa.RSAPublicKey, 2048)):
                pki = Pki(pathlib.Path(folder) / new_key.__name__, new_key)
                for path in (pki.ca, pki.gateway.certificate, pki.client.certificate):
                    key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
                    self.assertIsInstance(key, kind)
                    self.assertEqual(key.key_size, bits)


class Stores(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "results"
        Store(self.folder).begin({"machine": "this"})
        self.stopped = Store(self.folder)
        self.stopped.go_on({"machine": "this"})
        self.stopped.put(0, "rtt", 1, {"persona": {"figures": {"a": 1}}})

    def test_parts_that_are_there_are_not_measured_again(self):
        again = Store(self.folder)
        again.go_on({"machine": "this"})
        self.assertEqual([again.has(0, "rtt"), again.has(1, "rtt"), again.has(0, "bulk")], [True, False, False])
        self.assertEqual(again.parts()[0]["entries"], {"persona": {"figures": {"a": 1}}})

    def test_another_run_is_not_gone_on_with(self):
        with self.assertRaisesRegex(BenchError, "machine differ"):
            Store(self.folder).go_on({"machine": "another"})

    def test_a_run_begun_anew_has_no_parts(self):
        anew = Store(self.folder)
        anew.begin({"machine": "another"})
        self.assertEqual(anew.parts(), [])


if __name__ == "__main__":
    unittest.main()

#include "persona/identity/digest.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../../forge/test_authority.hpp"
#include "../../support/temporary_folder.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona::identity;
using namespace persona::trust;
using namespace persona::x509;
using support::TemporaryFolder;
using Path = std::filesystem::path;

namespace {

/// Files named after what they contain.
struct Files : TemporaryFolder {
  Files() { REQUIRE(initialise_crypto()); }
  Path of(std::string_view content) const { return write(content, content); }
};

std::string digest_of_trust(std::vector<Path> ca, std::vector<Path> crl, bool crl_expired_allowed = false) {
  return content_digest(IdentityFiles(), {std::move(ca), std::move(crl), crl_expired_allowed});
}

std::string digest_of_identity(IdentityFiles files) {
  return content_digest(files, TrustFiles());
}

TrustFiles given(std::string source, persona::Bytes certificates) {
  TrustFiles files;
  files.given = {std::move(source), std::move(certificates)};
  return files;
}

using Makers = std::vector<std::function<std::string()>>;

/// Are all of them different, and the same when they are made again?
void check_told_apart(const Makers& makers) {
  for (std::size_t i = 0; i < makers.size(); ++i) {
    CAPTURE(i);
    CHECK(makers[i]().size() == 32);
    CHECK(makers[i]() == makers[i]());
    for (std::size_t j = 0; j < i; ++j) {
      CAPTURE(j);
      const bool told_apart = makers[i]() != makers[j]();  // no digests in messages: they are not text
      CHECK(told_apart);
    }
  }
}

}  // namespace

TEST_CASE("the digest is of contents, not of times or names") {
  const Files files;
  const auto digest = content_digest(files.write("one", "same"));
  CHECK(digest.size() == 32);
  CHECK(content_digest(files.write("two", "same")) == digest);
  CHECK(content_digest(files.write("one", "same")) == digest);
  CHECK(content_digest(files.write("one", "other")) != digest);
  CHECK(digest_of_trust({files.write("a", "x")}, {}) == digest_of_trust({files.write("b", "x")}, {}));
}

TEST_CASE("a file that cannot be read is told from an empty one, and from one that says why") {
  const Files files;
  const auto missing = content_digest(files.path() / "a");
  CHECK(missing.size() == 32);
  CHECK(content_digest(files.path() / "a") == missing);
  CHECK(content_digest(files.write("a", "")) != missing);
  files.write("a", fmt::format("cannot read {}: No such file or directory", (files.path() / "a").string()));
  CHECK(content_digest(files.path() / "a") != missing);
}

TEST_CASE("the same files in other roles are another identity or another trust") {
  const Files files;
  const Path a = files.of("a");
  const Path b = files.of("b");
  check_told_apart(Makers{
      [&] {
        return digest_of_trust({a, b}, {});
      },
      [&] { return digest_of_trust({a}, {b}); },  // a bundle of a CA and its CRL, say
      [&] { return digest_of_trust({b}, {a}); },
      [&] {
        return digest_of_trust({b, a}, {});
      },
      [&] {
        return digest_of_trust({}, {a, b});
      },
      [&] { return digest_of_trust({a}, {}); },
      [&] {
        return digest_of_trust({a, a}, {});
      },
      [&] { return digest_of_trust({}, {a}); },
      [&] {
        return digest_of_identity({a, {}, {}});
      },
      [&] {
        return digest_of_identity({{}, a, {}});
      },
      [&] {
        return digest_of_identity({{}, {}, a});
      },
      [&] {
        return digest_of_identity({a, b, {}});
      },
      [&] {
        return digest_of_identity({b, a, {}});
      },
      [&] {
        return digest_of_identity({a, {}, b});
      },
      [&] {
        return digest_of_identity({a, b, a});
      },
      [&] { return digest_of_identity({}); },
      [&] { return content_digest(a); },
      [&] {
        return content_digest({a, b, {}}, {{a}, {b}});
      },
      [&] {
        return content_digest({a, b, {}}, {{b}, {a}});
      },
      [&] {
        return content_digest({a, {}, {}}, {{b}, {}});
      },
      [&] { return content_digest({}, given("s", {1})); },
      [&] { return content_digest({}, given("s", {2})); },
      [&] { return content_digest({}, given("t", {1})); },
  });
}

TEST_CASE("what moves from one file to the next makes a difference") {
  const Files files;
  check_told_apart(Makers{
      [&] {
        return digest_of_trust({files.of("xy"), files.of("z")}, {});
      },
      [&] {
        return digest_of_trust({files.of("x"), files.of("yz")}, {});
      },
      // with the word that the digest itself has before every file
      [&] {
        return digest_of_trust({files.of("x"), files.of("ycontentz")}, {});
      },
      [&] {
        return digest_of_trust({files.of("xcontenty"), files.of("z")}, {});
      },
      [&] { return digest_of_trust({files.of("xyz")}, {}); },
      [&] {
        return digest_of_trust({files.of("xyz"), files.write("empty", "")}, {});
      },
      [&] {
        return digest_of_trust({files.write("empty", ""), files.of("xyz")}, {});
      },
      [&] {
        return digest_of_identity({files.of("x"), files.of("yz"), {}});
      },
      [&] {
        return digest_of_identity({files.of("xy"), files.of("z"), {}});
      },
  });
}

TEST_CASE("every setting makes a difference") {
  const Files files;
  const Path a = files.of("a");
  check_told_apart(Makers{
      [&] { return digest_of_trust({a}, {a}, false); },
      [&] { return digest_of_trust({a}, {a}, true); },
      [&] {
        return digest_of_identity({a, a, {}, IdentityUse::any});
      },
      [&] {
        return digest_of_identity({a, a, {}, IdentityUse::client});
      },
      [&] {
        return digest_of_identity({a, a, {}, IdentityUse::server});
      },
      [&] {
        return digest_of_identity({a, a, {}, IdentityUse::any, "unix:/run/one.sock"});
      },
      [&] {
        return digest_of_identity({a, a, {}, IdentityUse::any, "unix:/run/other.sock"});
      },
  });
}

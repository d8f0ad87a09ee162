// Symbolic links, and folders that go: libstdc++ knows no links on Windows, and there the handle of a watched
// folder follows it, so that such changes are found at reload.interval.
#include <doctest/doctest.h>

#include "watching.hpp"

using namespace persona;
using namespace persona::net;
using namespace persona::net::test;
namespace fs = std::filesystem;

TEST_CASE("the stamp is that of the file a link leads to") {
  const Folder folder;
  write(folder.path() / "one", "same");
  write(folder.path() / "two", "same");
  fs::create_symlink("one", folder.path() / "link");
  const FileStamp first = stamp_of(folder.path() / "link");
  CHECK(first == stamp_of(folder.path() / "one"));
  fs::remove(folder.path() / "link");
  fs::create_symlink("two", folder.path() / "link");
  CHECK(stamp_of(folder.path() / "link") != first);
}

TEST_CASE("a file is watched in its folder, and every link on its way in that of the link") {
  const Folder folder;
  const fs::path root = fs::canonical(folder.path());
  fs::create_directories(root / "data1");
  write(root / "data1" / "tls.crt", "x");
  CHECK(names_in(places_of({root / "data1" / "tls.crt"}), root) == Names{"data1/tls.crt"});

  fs::create_symlink("data1", root / "..data");
  fs::create_symlink("..data/tls.crt", root / "tls.crt");
  CHECK(names_in(places_of({root / "tls.crt"}), root) == Names{"tls.crt", "..data", "data1/tls.crt"});

  fs::create_directories(root / "live" / "x");
  fs::create_symlink("../../data1/tls.crt", root / "live" / "x" / "cert.pem");
  fs::create_symlink(root / "live" / "x", root / "current");
  CHECK(names_in(places_of({root / "current" / "cert.pem"}), root) ==
        Names{"current", "live/x/cert.pem", "data1/tls.crt"});
}

TEST_CASE("of what is missing, the first name that is") {
  const Folder folder;
  const fs::path root = fs::canonical(folder.path());
  CHECK(names_in(places_of({root / "a" / "b" / "c"}), root) == Names{"a"});
  fs::create_symlink("nowhere", root / "link");
  CHECK(names_in(places_of({root / "link"}), root) == Names{"link", "nowhere"});
  fs::create_symlink("loop", root / "loop");
  CHECK(names_in(places_of({root / "loop"}), root) == Names{"loop"});
}

TEST_CASE("a watched folder that goes is told of, and watched anew when the same one comes back") {
  const Folder folder;
  const fs::path certificates = folder.path() / "certificates";
  const fs::path file = certificates / "file";
  fs::create_directory(certificates);
  write(file, "one");
  const Places places = places_of({file});
  Watching watching;
  CHECK(watching.watcher->watch(places).added);
  CHECK_FALSE(watching.watcher->watch(places).added);
  fs::rename(certificates, folder.path() / "away");
  REQUIRE(watching.told_within(long_enough));
  fs::rename(folder.path() / "away", certificates);
  CHECK(watching.watcher->watch(places).added);
  write(file, "two");
  CHECK(watching.told_within(long_enough, 2));
}

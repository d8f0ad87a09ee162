#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "../../support/temporary_folder.hpp"
#include "persona/base/writers.hpp"

using persona::changeable_by_others;
using persona::ChangeableByOthers;
namespace fs = std::filesystem;

namespace {

constexpr mode_t usual_folder = 0755;
constexpr mode_t usual_file = 0644;
constexpr uid_t stranger = 12'345;

/// /.../etc/conf/file, each of ours, whatever the umask.
struct WriterScene {
  support::TemporaryFolder folder;
  fs::path etc = folder.path() / "etc";
  fs::path conf = etc / "conf";
  fs::path file = conf / "file";

  WriterScene() {
    fs::create_directories(conf);
    folder.write("etc/conf/file", "");
    set(folder.path(), usual_folder);
    set(etc, usual_folder);
    set(conf, usual_folder);
    set(file, usual_file);
  }

  static void set(const fs::path& path, mode_t mode) { REQUIRE(::chmod(path.c_str(), mode) == 0); }

  /// What is found below the folder of this scene: those above it are not the test's.
  std::vector<std::string> found(const fs::path& path, const persona::TrustedWriters& trusted = {}) const {
    std::vector<std::string> sentences;
    for (const ChangeableByOthers& one : changeable_by_others(path, trusted)) {
      if (one.path.native().starts_with(folder.path().native())) {
        sentences.push_back(one.sentence);
      }
    }
    return sentences;
  }
};

}  // namespace

TEST_CASE(
    "a file and the folders on the way to it that others may write are found, each once, with a command") {
  const WriterScene scene;
  CHECK(scene.found(scene.file).empty());
  WriterScene::set(scene.file, 0666);
  WriterScene::set(scene.etc, 0777);
  const auto found = scene.found(scene.file);
  REQUIRE(found.size() == 2);
  CHECK(found[0] ==
        scene.etc.native() +
            " can be changed by everyone (mode 0777), and who changes it decides what persona does and "
            "whom it trusts: chmod go-w " +
            scene.etc.native());
  CHECK(found[1].starts_with(scene.file.native() + " can be changed by everyone (mode 0666), "));
  CHECK(scene.found(scene.conf / ".." / "conf" / "." / "file") == found);
}

TEST_CASE("a sticky folder is fine for what is ours in it") {
  const WriterScene scene;
  WriterScene::set(scene.etc, 01777);
  CHECK(scene.found(scene.file).empty());
  WriterScene::set(scene.file, 01666);  // the bit means nothing for files
  CHECK(scene.found(scene.file).size() == 1);
}

TEST_CASE("links are followed, and the folders of both ends count") {
  const WriterScene scene;
  const fs::path other = scene.folder.path() / "other";
  fs::create_directories(other);
  WriterScene::set(other, 0777);
  fs::create_symlink("../etc/conf", other / "relative");
  fs::create_symlink(scene.conf, other / "absolute");
  fs::create_symlink("around", scene.folder.path() / "around");
  for (const char* link : {"relative", "absolute"}) {
    CHECK(scene.found(other / link / "file").size() == 1);
    WriterScene::set(scene.conf, 0777);
    CHECK(scene.found(other / link / "file").size() == 2);
    WriterScene::set(scene.conf, usual_folder);
  }
  CHECK(scene.found(scene.folder.path() / "around").empty());
  CHECK(scene.found(scene.conf / "missing").empty());
}

TEST_CASE("what belongs to others is found, unless they are the ones who have the key") {
  if (::geteuid() != 0) {
    MESSAGE("not root: nothing can be given away");
    return;
  }
  const WriterScene scene;
  REQUIRE(::chown(scene.file.c_str(), stranger, 0) == 0);
  const auto found = scene.found(scene.file);
  REQUIRE(found.size() == 1);
  CHECK(found[0] ==
        scene.file.native() +
            " belongs to user 12345, and who changes it decides what persona does and whom it trusts: "
            "chown root " +
            scene.file.native());
  CHECK(scene.found(scene.file, {scene.file}).empty());
  WriterScene::set(scene.etc, 01777);
  REQUIRE(::lchown(scene.conf.c_str(), stranger, 0) == 0);
  CHECK(scene.found(scene.file).size() == 2);
}

TEST_CASE("a group may write only if it is root's, or that of the owner alone") {
  if (::geteuid() != 0) {
    MESSAGE("not root: no group can be given");
    return;
  }
  const WriterScene scene;
  WriterScene::set(scene.conf, 0775);
  REQUIRE(::chown(scene.conf.c_str(), 0, 0) == 0);
  CHECK(scene.found(scene.file).empty());
  REQUIRE(::chown(scene.conf.c_str(), 0, stranger) == 0);
  const auto found = scene.found(scene.file);
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("can be changed by the group 12345 (mode 0775)") != std::string::npos);
  CHECK(found[0].ends_with("chmod g-w " + scene.conf.native()));
}

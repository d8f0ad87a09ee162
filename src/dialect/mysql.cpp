// MySQL and MariaDB. The server speaks first, so a client listens from the beginning, and nothing that it
// sends belongs to the first exchange.
#include "facades.hpp"
#include "mysql_packets.hpp"

namespace persona::dialect {

namespace {

class Mysql final : public FirstExchange {
 private:
  Look look(Buffer& /*kept*/, Buffer& /*answer*/) override { return Look::over; }

  Asked asked(ByteView sent) const override { return sent.empty() ? Asked::session : Asked::nothing; }

  Telling tell(const Regret& regret, Buffer& /*kept*/, Buffer& answer) override {
    append_mysql_error(regret, 0, answer);
    return Telling::told;
  }
};

}  // namespace

std::unique_ptr<Facade> mysql_facade() {
  return std::make_unique<Mysql>();
}

}  // namespace persona::dialect

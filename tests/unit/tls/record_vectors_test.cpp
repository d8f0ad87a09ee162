// Records of RFC 8448, byte for byte.
#include <doctest/doctest.h>

#include "ends.hpp"
#include "persona/x509/crypto.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

constexpr const char* server_secret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
constexpr const char* client_secret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
constexpr const char* resumption_secret = "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c";

constexpr const char* ticket_message =
    "040000c90000001efad6aac502000000b22c035d829359ee5ff7af4ec900000000262a6494dc486d2c8a34cb33fa90bf1b0070"
    "ad3c498883c9367c09a2be785abc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce1450"
    "77d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fb"
    "f297b5aea617646fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934ae4d3570008002a0004000004"
    "00";

constexpr const char* ticket_record =
    "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d63c758db289a015940"
    "252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e09c30ba1e6297"
    "2ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77f81b5ab05b94c01346"
    "755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe5137121c74bc2697687e248746d6df3530"
    "05f3bce18696129c8153556b3b6c6779b37bf15985684f";

constexpr const char* fifty_bytes =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031";

constexpr const char* close_notify = "0100";

struct Record {
  ContentType type;
  const char* content;
  const char* record;
};

struct RecordTrace {
  const char* what;
  const char* secret;
  std::vector<Record> records;  // from sequence number 0
};

const RecordTrace record_traces[] = {
    {"section 3, server",
     server_secret,
     {{ContentType::handshake, ticket_message, ticket_record},
      {ContentType::application_data, fifty_bytes,
       "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc4"
       "9c4bf2e5f0a21c0047c2abf332540dd032e167c2955d"},
      {ContentType::alert, close_notify, "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"}}},
    {"section 3, client",
     client_secret,
     {{ContentType::application_data, fifty_bytes,
       "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b6297"
       "4e1f5a6292a2977014bd1e3deae63aeebb21694915e4"},
      {ContentType::alert, close_notify, "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"}}},
    {"section 3, the client's Finished",
     "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
     {{ContentType::handshake, "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61",
       "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeac"
       "ab6867d726c40546"}}},
    {"section 4, server",
     "cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691",
     {{ContentType::application_data, fifty_bytes,
       "1703030043275e9f20acff57bc000657d3867df039cccf79047884cf75771746f740b5a83f462a0954c3581393a203a25a7d"
       "d14141ef1a37900cdb62ff62dee1ba39ab2590cbf194"},
      {ContentType::alert, close_notify, "17030300135b18af444e8e1eec7158fb62d8f2577d37ba5d"}}},
    {"section 4, client",
     "2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1",
     {{ContentType::application_data, fifty_bytes,
       "1703030043b1cebce242aa201be9ae5e1cb2a9aa4b33d4e866af1edb068919237741aa031d7a74d491c99b9d4e232b74206b"
       "c6fbaa04fe78be44a9b4f54320a17eb76992afac3103"},
      {ContentType::alert, close_notify, "17030300130facce3246bdfc6369838d6a82ae6de5d422dc"}}},
};

RecordProtection protection_of(const char* secret, AeadProvider provider = default_aead_provider()) {
  auto made = RecordProtection::create(aes_128, Secret(hex(secret)), provider);
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("RFC 8448: records are sealed byte for byte") {
  REQUIRE(x509::initialise_crypto());
  for (const AeadProvider provider : providers()) {
    for (const RecordTrace& trace : record_traces) {
      CAPTURE(trace.what);
      RecordProtection sending = protection_of(trace.secret, provider);
      for (const Record& record : trace.records) {
        Buffer wire;
        REQUIRE(sending.seal(record.type, hex(record.content), wire));
        CHECK(bytes_of(wire.view()) == hex(record.record));
      }
      CHECK(sending.records() == trace.records.size());
    }
  }
}

TEST_CASE("RFC 8448: records open") {
  REQUIRE(x509::initialise_crypto());
  for (const AeadProvider provider : providers()) {
    for (const RecordTrace& trace : record_traces) {
      CAPTURE(trace.what);
      RecordProtection receiving = protection_of(trace.secret, provider);
      for (const Record& record : trace.records) {
        Bytes wire = hex(record.record);
        REQUIRE(whole_record(wire).value_or(0) == wire.size());
        const auto opened = receiving.open(wire);
        REQUIRE(opened);
        CHECK(opened->type == record.type);
        CHECK(bytes_of(opened->content) == hex(record.content));
      }
    }
  }
}

TEST_CASE("RFC 8448: a client session follows the server's trace and banks its ticket") {
  TicketStore store;
  TicketBank::Parts bank;
  bank.store = &store;
  bank.target = "server";
  bank.cipher_suite = aes_128;
  bank.resumption_master_secret = Secret(hex(resumption_secret));
  bank.peer = "CN=server";
  bank.valid_until = x509::now() + std::chrono::hours(1);
  bank.authenticated_at = now_by_both_clocks();
  End client({context_of(Role::client), SessionInfo(), protection_of(client_secret),
              protection_of(server_secret), std::make_unique<TicketBank>(std::move(bank)), KeyLimits()});

  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(client.receive(hex(record_traces[0].records[i].record)) == Status::want_input);
  }
  CHECK(client.text() == hex(fifty_bytes));
  const auto ticket = store.take("server");
  REQUIRE(ticket);
  CHECK(bytes_of(ticket->psk.view()) ==
        hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
  CHECK(ticket->age_add == 0xfad6aac5);
  CHECK(ticket->lifetime == std::chrono::seconds(30));
  CHECK(ticket->cipher_suite == aes_128);
  CHECK(ticket->peer == "CN=server");
  CHECK(ticket->identity.size() == 0xb2);
  CHECK(bytes_of(ByteView(ticket->identity).first(4)) == hex("2c035d82"));

  REQUIRE(client.send(hex(fifty_bytes)));
  client->close_notify(client.output);
  CHECK(bytes_of(client.output.view()) ==
        join({hex(record_traces[1].records[0].record), hex(record_traces[1].records[1].record)}));
  CHECK(client.receive(hex(record_traces[0].records[2].record)) == Status::closed);
}

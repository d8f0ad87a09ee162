"""What every integration test uses: certificates, the program under test, real servers, sockets, and the runner."""

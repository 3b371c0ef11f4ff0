using LiveChat.Embedded.Log;

namespace LiveChat.Tests.Log;

/// <summary>The same promises when hardly anything is kept in memory, so that reads go to the store.</summary>
public sealed class RocksDbMessageLogOnDiskTests : RocksDbMessageLogTests
{
    private protected override RocksDbLogOptions Options =>
        new() { Partitions = 4, ReserveBytes = 0, TailBytes = 1 };
}

using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;

namespace LiveChat.Tests.Identities;

public sealed class RocksDbIdentityStoreTests : IdentityStoreContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-identities-").FullName;
    private HistoryDatabase _database;
    private IdentityPorts _ports;

    public RocksDbIdentityStoreTests()
    {
        _database = Open();
        _ports = RocksDbIdentities.Over(_database);
    }

    private protected override IdentityPorts Ports => _ports;

    public override ValueTask DisposeAsync()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
        return base.DisposeAsync();
    }

    [Fact]
    public async Task Rows_of_users_who_had_nothing_but_a_time_are_read_and_changed()
    {
        using (var batch = new WriteBatch())
        {
            batch.Put("ann\0"u8.ToArray(), RowCodec.Numbers(5), _database.Users);
            batch.Put("ann\0phone\0"u8.ToArray(), RowCodec.Numbers(6), _database.Devices);
            _database.Write(batch, sync: true);
        }

        var ann = UserId.Parse("ann");
        Assert.Equal([new UserRow(ann) { CreatedMs = 5 }], await _ports.Users.ReadUsersAsync([ann], default));
        Assert.Equal([new DeviceRow("phone", 6, 0)], await _ports.Users.ReadDevicesAsync(ann, default));
        Assert.Equal(
            new UserRow(ann) { CreatedMs = 5, Name = "Ann" },
            await _ports.Users.ChangeUserAsync(ann, new UserChange { Name = "Ann" }, 9, default));
    }

    /// <summary>A former version did not note how many chats a user pins.</summary>
    [Fact]
    public async Task Pins_of_before_their_number_was_noted_are_counted()
    {
        var ann = UserId.Parse("ann");
        using (var batch = new WriteBatch())
        {
            for (var chat = 1UL; chat <= Limits.PinsMax + 9; chat++)
                batch.Put(
                    new KeyWriter(new byte[64]).Text(ann.Value).Number(chat).Key.ToArray(),
                    RowCodec.Numbers(0, chat < Limits.PinsMax ? 1 : 0, 5), _database.UserSettings);
            _database.Write(batch, sync: true);
        }

        var settings = _ports.Settings;
        Assert.NotNull(await settings.ChangeSettingsAsync(ann, new ChatId(101), new(null, true), 6, default));
        Assert.Null(await settings.ChangeSettingsAsync(ann, new ChatId(102), new(null, true), 6, default));
    }

    protected override Task RestartAsync()
    {
        _database.Dispose();
        _database = Open();
        _ports = RocksDbIdentities.Over(_database);
        return Task.CompletedTask;
    }

    private HistoryDatabase Open() => HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
}

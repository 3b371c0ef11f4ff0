using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Time.Testing;

namespace LiveChat.Tests.Presence;

public sealed class InProcessPresenceStoreTests : PresenceStoreContract
{
    private readonly FakeTimeProvider _time = new();
    private readonly TimingWheel _wheel;

    public InProcessPresenceStoreTests()
    {
        _wheel = new TimingWheel(_time);
        Store = new InProcessPresenceStore(_wheel, _time);
    }

    private protected override IPresenceStore Store { get; }

    protected override Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _wheel.Advance();
        }

        return Task.CompletedTask;
    }
}

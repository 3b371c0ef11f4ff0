#if LIVECHAT_NEXT_RULES
using LiveChat.Core.Log;

namespace LiveChat.Core.Chats;

/// <summary>The rules number behind the highest one, which has a kind of record of its own and decides as the number
/// before. It is in no build but that of the test of two builds side by side. Pure; any thread.</summary>
internal sealed class NextRules : IRules
{
    private readonly RulesV4 _former = new();

    public Verdict Decide(
        ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier) =>
        _former.Decide(state, record, position, appendTimeMs, earlier);
}
#endif

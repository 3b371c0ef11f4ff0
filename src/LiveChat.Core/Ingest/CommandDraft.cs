using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>A command that is well-formed: a record to which ingest adds the id, the limits and the target.</summary>
/// <param name="Record">The record with chat, sender, client id and body; the chat is zero for a creation.</param>
/// <param name="ClientId">The key.</param>
/// <param name="TargetSeq">The seq that the command acts on; zero for none.</param>
internal sealed record CommandDraft(Record Record, ClientId ClientId, long TargetSeq);

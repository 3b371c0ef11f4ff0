using LiveChat.Core.Chats;

namespace LiveChat.Core.History;

/// <summary>
/// What consecutive events of one chat write; a pure function of the events, so that two history-writers on one
/// partition write the same bytes.
/// </summary>
internal delegate HistoryCommit BuildCommit(IReadOnlyList<SequencedEvent> events);

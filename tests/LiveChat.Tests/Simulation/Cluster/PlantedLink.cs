using LiveChat.Core.Links;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>Spoils the frames of one direction of a call, where a fault is planted.</summary>
internal sealed class PlantedLink(ClusterPlant plant, Faults faults)
{
    private readonly Dictionary<uint, long> _firstReads = [];
    private bool _hasEchoed;

    /// <summary>What comes through in the place of a frame.</summary>
    public IEnumerable<LinkFrame> Pass(LinkFrame frame)
    {
        switch (plant)
        {
            case ClusterPlant.ClaimMovesPosition when frame.CaughtUp is { Ask: not 0 } part:
                part.Heads.Clear();
                part.Removed.Clear();
                break;
            case ClusterPlant.CatchUpEndsEarly when frame.CaughtUp is { Ask: not 0, Heads.Count: > 0 } part:
                part.Heads.RemoveAt(part.Heads.Count - 1);
                break;
            case ClusterPlant.LeaversForgotten when frame.CaughtUp is { } part:
                part.Removed.Clear();
                break;
            case ClusterPlant.BarrierPassesWithAnOldEcho when frame.Echo is { } echo:
                foreach (var item in echo.Items)
                    item.Read = _firstReads.TryAdd(item.Partition, item.Read)
                        ? item.Read
                        : _firstReads[item.Partition];
                break;
            case ClusterPlant.ComersNotTold when frame.Online is { Whole: false } online:
                online.Came.Clear();
                break;
            case ClusterPlant.PendingAnsweredByNobody when frame.Positions is { } positions:
                foreach (var item in positions.Items) item.Records.Clear();
                break;
            case ClusterPlant.AnswersStayAtTheOwner when frame.Handed is { } handed:
                handed.Answer = null;
                break;
            case ClusterPlant.TypingLost when frame.Signal?.Typed is not null:
            case ClusterPlant.RisesLost when frame.Signal?.Rises is not null:
            case ClusterPlant.OwnMarksLost when frame.Signal?.OwnMark is not null:
            case ClusterPlant.SettingsLost when frame.Signal?.OwnSettings is not null:
            case ClusterPlant.OwnNewsForgotten when !_hasEchoed && IsOwn(frame.Signal):
            case ClusterPlant.BeatsLost when frame.Signal?.Presence is { Beats.Count: > 0, Whole: false }:
                return [];
            case ClusterPlant.OwnNewsForgotten when frame.Echo is not null:
                _hasEchoed = true;
                break;
            case ClusterPlant.LateTypingCounts when frame.Signal?.Typed is { } typed:
                typed.Id = 0;
                break;
            case ClusterPlant.TypingOutlivesItsOwner when frame.Shown is { } shown:
                shown.Open = false;
                break;
            case ClusterPlant.GoingLost when frame.Signal?.Presence is { } presence:
                presence.Gone.Clear();
                break;
            case ClusterPlant.PresenceNeverEnds when frame.Signal?.Presence is { } presence:
                foreach (var beat in presence.Beats) beat.LeftMs = int.MaxValue;
                break;
            case ClusterPlant.FrameLost when frame.Handed is { Event: not null } && faults.Upto(19) == 0:
                return [];
        }

        return [frame];
    }

    private static bool IsOwn(Core.Links.Signal? signal) =>
        signal?.OwnMark is not null || signal?.OwnSettings is not null;
}

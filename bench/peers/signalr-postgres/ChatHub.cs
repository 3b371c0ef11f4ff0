using System.Globalization;
using Microsoft.AspNetCore.SignalR;

namespace SignalRPostgres;

/// <summary>Chat as a hub does it: store, then tell the group. Who somebody is, is believed.</summary>
internal sealed class ChatHub(IMessageStore store) : Hub
{
    public async Task Join(long chat)
    {
        await store.CreateAsync(chat);
        await Groups.AddToGroupAsync(Context.ConnectionId, NameOf(chat));
    }

    public async Task<long> Send(long chat, Guid clientId, string text)
    {
        var sender = (string)(Context.Items["user"] ??= Context.GetHttpContext()!.Request.Query["user"].ToString());
        var seq = await store.AddAsync(chat, sender, clientId, text, Context.ConnectionAborted);
        await Clients.Group(NameOf(chat)).SendAsync("message", seq, chat, sender, text);
        return seq;
    }

    private static string NameOf(long chat) => chat.ToString(CultureInfo.InvariantCulture);
}

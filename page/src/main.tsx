import { render } from "preact";
import { localApi } from "./api";
import { App } from "./app";
import { Conversation } from "./conversation/conversation";
import { chatApi } from "./mcp";
import { ErrorLine } from "./ui/work";

const page = document.getElementById("page")!;
// The person's own server lets no page frame it: in a frame, the page is in a conversation.
const started = window.parent === window ? localApi().then((api) => <App api={api} />) : chatApi().then((chat) => <Conversation chat={chat} />);
started.then(
  (view) => render(view, page),
  (error: Error) => render(<main class="view"><ErrorLine message={error.message} /></main>, page),
);

import { render } from "preact";
import { localApi } from "./api";
import { App } from "./app";
import { ErrorLine } from "./ui/work";

const page = document.getElementById("page")!;
localApi().then(
  (api) => render(<App api={api} />, page),
  (error: Error) => render(<main class="view"><ErrorLine message={error.message} /></main>, page),
);
